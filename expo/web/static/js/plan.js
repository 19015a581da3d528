// The schedule board: cards in proportion to time, dragged by their handle or moved with the arrow keys.
// A move fills in the card's own form and posts it; without this file the forms do the same by hand.

const STEP = 5; // minutes
const PIXELS = 3.2; // of a minute
const board = document.querySelector(".plan");
const days = [...board.querySelectorAll(".plan-day")];
const said = document.getElementById("plan-said");
const wide = matchMedia("(min-width: 1000px)");
const reversed = getComputedStyle(board).direction === "rtl";
const two = (n) => String(n).padStart(2, "0");
const clock = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
// As the page writes times: 13:45, in Arabic 1:45 م.
const told = new Intl.DateTimeFormat(
  document.documentElement.lang === "ar" ? "ar-AE-u-nu-latn" : "en-GB",
  { hour: document.documentElement.lang === "ar" ? "numeric" : "2-digit", minute: "2-digit", timeZone: "UTC" },
);
const shown = (minutes) => told.format(minutes * 60_000);
const number = (element, name) => Number(element.dataset[name]);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

let first = 24 * 60;
let last = 0;

function measure() {
  for (const day of days) {
    first = Math.min(first, number(day, "opens"));
    last = Math.max(last, number(day, "closes"));
    for (const card of day.querySelectorAll(".plan-card")) {
      first = Math.min(first, number(card, "start"));
      last = Math.max(last, number(card, "start") + number(card, "minutes"));
    }
  }
  first = Math.floor(first / 30) * 30; // so that the lines are half hours
  board.style.setProperty("--px", `${PIXELS}px`);
  board.style.setProperty("--minutes", last - first);
  for (const day of days) {
    for (let hour = Math.ceil(first / 60) * 60; hour <= last; hour += 60) {
      const label = document.createElement("span");
      label.className = "plan-hour";
      label.ariaHidden = "true";
      label.textContent = shown(hour);
      label.style.setProperty("--at", hour - first);
      day.querySelector(".plan-track").prepend(label);
    }
  }
}

// Cards at one time stand side by side; a lane is free again where its last card ends.
function lay(day) {
  const cards = [...day.querySelectorAll(".plan-card")];
  cards.sort((a, b) => number(a, "start") - number(b, "start"));
  let group = [];
  let ends = [];
  const close = () => {
    for (const card of group) card.style.setProperty("--lanes", ends.length || 1);
    group = [];
    ends = [];
  };
  for (const card of cards) {
    const start = number(card, "start");
    if (ends.every((end) => end <= start)) close();
    let lane = ends.findIndex((end) => end <= start);
    if (lane < 0) lane = ends.length;
    ends[lane] = start + number(card, "minutes");
    card.style.setProperty("--lane", lane);
    place(card, start);
    group.push(card);
  }
  close();
}

function place(card, start) {
  card.style.setProperty("--at", start - first);
  card.style.setProperty("--long", number(card, "minutes"));
  card.classList.toggle("short", number(card, "minutes") * PIXELS < 70);
}

let move = null; // {card, day, start, home, y}

function begin(card, y) {
  const day = card.closest(".plan-day");
  move = { card, day, start: number(card, "start"), home: { day, start: number(card, "start") }, y };
  card.classList.add("dragged");
}

function go(day, start) {
  const most = Math.max(first, 24 * 60 - number(move.card, "minutes") - 1);
  move.start = clamp(start, Math.min(first, number(move.card, "start")), most);
  if (day !== move.day) {
    day.querySelector(".plan-track").append(move.card);
    move.card.style.setProperty("--lane", 0);
    move.card.style.setProperty("--lanes", 1);
    move.card.querySelector(".plan-grip").focus({ preventScroll: true });
  }
  move.day = day;
  place(move.card, move.start);
  const time = shown(move.start);
  move.card.querySelector("[data-time]").textContent = time;
  const title = move.card.querySelector("h4").textContent.trim();
  said.textContent = [title, day.dataset.title, time].join(" · ");
}

function leave() {
  const { card, home } = move;
  go(home.day, home.start);
  card.classList.remove("dragged");
  move = null;
  lay(home.day);
}

function keep() {
  const { card, day, start, home } = move;
  if (day === home.day && start === home.start) {
    leave();
    return;
  }
  const form = card.querySelector(".plan-place");
  form.elements.starts.value = clock(start);
  form.elements.day.value = day.dataset.day;
  form.elements.minutes.value = card.dataset.minutes;
  move = null;
  form.submit();
}

const snapped = (minutes) => Math.round(minutes / STEP) * STEP;

function dragged(event) {
  if (!move) return;
  const under = days.find((day) => {
    const box = day.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right;
  });
  go(under ?? move.day, snapped(move.home.start + (event.clientY - move.y) / PIXELS));
}

for (const grip of board.querySelectorAll(".plan-grip")) {
  const card = grip.closest(".plan-card");
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || move) return;
    event.preventDefault();
    grip.focus({ preventScroll: true });
    begin(card, event.clientY);
    addEventListener("pointermove", dragged);
    addEventListener("pointerup", () => {
      removeEventListener("pointermove", dragged);
      if (move) keep();
    }, { once: true });
    addEventListener("pointercancel", () => {
      removeEventListener("pointermove", dragged);
      if (move) leave();
    }, { once: true });
  });
  grip.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && move) {
      event.preventDefault();
      leave();
      return;
    }
    if ((event.key === "Enter" || event.key === " ") && move) {
      event.preventDefault();
      keep();
      return;
    }
    const later = { ArrowDown: STEP, ArrowUp: -STEP }[event.key];
    const aside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (later === undefined && aside === undefined) return;
    event.preventDefault();
    if (!move) begin(card, 0);
    if (later !== undefined) {
      go(move.day, snapped(move.start + later));
      return;
    }
    const at = days.indexOf(move.day) + (reversed ? -aside : aside);
    go(days[clamp(at, 0, days.length - 1)], move.start);
  });
  grip.addEventListener("focusout", () => {
    // Appending to another day takes the focus for a moment; elsewhere the card goes home.
    setTimeout(() => {
      if (move?.card === card && document.activeElement !== grip) leave();
    });
  });
}

function arrange() {
  board.classList.toggle("timed", wide.matches);
  for (const day of days) lay(day);
}

measure();
arrange();
wide.addEventListener("change", arrange);
for (const one of document.querySelectorAll("[data-scripted]")) one.hidden = false;
