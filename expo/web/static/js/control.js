// The control room: orders go out as forms, the page follows the staff frames, and locks when it cannot know.
import { page, take } from './parts.js';
import { connect, learn, now } from './socket.js';
import { announce, kept, left, number, say, warn, words } from './words.js';

const root = document.getElementById('control');
const zone = document.documentElement.dataset.zone || undefined;
const exactFormat = new Intl.DateTimeFormat('en-GB-u-nu-latn', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone: zone });
const exact = at => exactFormat.format(new Date(at));
const LOST = 3_000; // ms without a connection after which nothing may be pressed
const QUIET = 30_000; // without a frame for so long, the server is asked whether it is there
learn(root.dataset.now);

// --- what ticks ---

function tick() {
  document.getElementById('clock').textContent = exact(now());
  for (const el of document.querySelectorAll('[data-until]')) el.textContent = left(Date.parse(el.dataset.until) - now());
  for (const el of document.querySelectorAll('[data-gone]')) el.hidden = Date.parse(el.dataset.gone) <= now();
}
setInterval(tick, 250);

// --- parts of the page ---

const pace = []; // ballots per minute, a value for every frame, the last hundred

let asked = 0, asking = false;
/** A refusal stays until the next order; an open question, while what it is about is as it was. */
const keep = (old, fresh) => {
  if (old.id === 'p-notice' && old.firstElementChild) return true;
  const open = old.querySelector('.confirm:not([hidden])');
  const same = open && fresh.querySelector(`[data-confirms="${open.dataset.confirms}"] [name=version][value="${open.querySelector('[name=version]').value}"]`);
  return Boolean(same);
};
async function refresh() {
  asked += 1;
  if (asking) return;
  asking = true;
  while (asked) {
    asked = 0;
    const fresh = await page('GET', location.href);
    if (take(fresh, keep)) { settle(fresh); if (up) unlock(); } else {
      lock();
      setTimeout(refresh, LOST);
      break;
    }
  }
  asking = false;
}
function settle(fresh) {
  const contest = fresh.getElementById('control')?.dataset.contest ?? '';
  if (contest !== root.dataset.contest) pace.length = 0;
  root.dataset.contest = contest;
  trace();
  tick();
  showLink();
}

// --- numbers that move by themselves ---

let shape = '';
function figures(view) {
  const mine = view.contest?.contest === root.dataset.contest;
  const set = (name, n) => { for (const el of document.querySelectorAll(`[data-n=${name}]`)) el.textContent = number(n); };
  set('connected', view.counts.connected);
  if (!mine) return;
  const refused = Object.entries(view.counts.refused);
  set('ballots', view.counts.ballots);
  set('per_minute', view.counts.per_minute);
  set('refused', refused.reduce((sum, [, n]) => sum + n, 0));
  const reasons = document.getElementById('reasons');
  if (reasons) reasons.textContent = refused.slice(0, 2).map(([code, n]) => `${words.reasons[code] ?? words.other} ${number(n)}`).join(' · ') || words.none;
  pace.push(view.counts.per_minute);
  if (pace.length > 100) pace.shift();
  trace();
}
function trace() {
  const most = Math.max(1, ...pace), step = 100 / Math.max(1, pace.length - 1);
  document.getElementById('spark')?.setAttribute('d', pace.length > 1 ? pace.map((n, i) => `${i ? 'L' : 'M'}${(i * step).toFixed(1)} ${(24 - n / most * 22).toFixed(1)}`).join('') : '');
}
/** Everything of the frame that changes what the page looks like, besides its numbers. */
const outline = view => JSON.stringify([view.version, view.stage, view.sessions.map(s => [s.id, s.status, s.version, s.contest?.phase, s.contest?.version]),
  view.contest && [view.contest.version, view.contest.phase, view.contest.closes_at, view.contest.places.length, view.contest.disputed],
  view.screens.map(s => [s.id, s.connected, s.scene]), view.log[0]?.at, view.late_minutes, view.operators.map(o => [o.name, o.here])]);

function standing(tally) {
  const list = document.getElementById('tally');
  if (!list || tally.contest !== list.dataset.contest || !tally.ballots) return;
  for (const row of [...tally.rows].sort((a, b) => a.rank - b.rank)) {
    const li = list.querySelector(`[data-id="${CSS.escape(row.id)}"]`);
    if (!li) { refresh(); return; }
    const cell = (name, text) => { const el = li.querySelector(name); if (el.textContent !== text) el.textContent = text; };
    cell('.r', String(row.rank));
    cell('.w', `${row.wins}–${row.draws}–${row.losses}`);
    cell('.v', `${(row.support / 10).toFixed(1)}%`);
    li.querySelector('rect').setAttribute('width', `${row.support / 10}%`);
    list.append(li);
  }
}

// --- connection and lock ---

let followed; // the contest whose running order this connection was given
let timer = 0, heard = Date.now(), locked = false, up = false;
function showLink() {
  const li = document.getElementById('link');
  if (!li) return;
  li.hidden = false;
  li.className = up ? 'ok' : 'bad';
  li.querySelector('[data-link]').textContent = up ? words.live : words.reconnecting;
}
function lock() {
  if (locked) return;
  locked = true;
  root.dataset.locked = '';
  for (const el of root.querySelectorAll('[data-act]')) el.setAttribute('aria-disabled', 'true');
  const box = document.getElementById('lock');
  box.querySelector('[data-lock]').textContent = say('lastKnown', { time: exact(heard - Date.now() + now()) });
  box.hidden = false;
}
function unlock() {
  clearTimeout(timer);
  timer = 0;
  if (!locked) return;
  locked = false;
  delete root.dataset.locked;
  for (const el of root.querySelectorAll('[data-act]')) el.removeAttribute('aria-disabled');
  document.getElementById('lock').hidden = true;
  announce(words.backAgain);
}
const line = connect('/live/staff', {
  status(name) {
    up = name === 'open';
    showLink();
    if (name === 'open') { followed = undefined; unlock(); refresh(); } else if (name === 'ended') lock();
    else timer ||= setTimeout(lock, LOST); // every failed attempt says "down" again
  },
  control(view) {
    heard = Date.now();
    learn(view.now_at);
    figures(view);
    if (followed !== undefined && followed !== view.stage.contest) { line.renew(); return; }
    followed = view.stage.contest;
    const is = outline(view);
    if (shape && is !== shape) refresh();
    shape = is;
  },
  tally(state) { heard = Date.now(); standing(state); },
});
setInterval(async () => {
  if (!up || document.hidden || Date.now() - heard < QUIET) return;
  if (await page('GET', location.href)) heard = Date.now();
  else { lock(); line.renew(); }
}, QUIET / 3);

// --- orders ---

const question = kind => root.querySelector(`.confirm[data-confirms="${kind}"]`);
const rowOf = box => box.previousElementSibling?.matches('.next, .acts') ? box.previousElementSibling : box.parentElement.querySelector('.acts, .next');
function ask(box) {
  box.hidden = false;
  box.querySelector('[data-no]').focus();
}
function no(box) {
  const kind = box.dataset.confirms;
  box.hidden = true;
  announce(words.asksNo);
  (rowOf(box)?.querySelector(`[data-order="${kind}"] button`) ?? document.getElementById('do-next'))?.focus();
  refresh();
}

const REST = 700; // ms after an order in which nothing is taken: a double click must not reveal two places
let busy = false, rested = 0;
async function send(form, button) {
  if (busy || performance.now() < rested) return;
  busy = true;
  root.dataset.busy = '';
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  const fresh = await page('POST', form.action, body);
  busy = false;
  rested = performance.now() + REST;
  delete root.dataset.busy;
  if (!take(fresh)) { warn(words.failed); refresh(); return; }
  settle(fresh);
  const error = document.querySelector('#p-notice .note');
  if (error) error.scrollIntoView({ block: 'nearest' });
  else announce(words.done[form.dataset.order] ?? '');
  if (document.activeElement === document.body) (document.getElementById('do-next') ?? document.getElementById('contest-h')).focus({ preventScroll: true });
}

root.addEventListener('submit', event => {
  const form = event.target;
  if (form.method !== 'post') return;
  event.preventDefault();
  if (locked || busy) return;
  const scope = form.closest('details, .contest') ?? root;
  const box = form.closest('.confirm') ? null : scope.querySelector(`.confirm[data-confirms="${form.dataset.order}"]`) ?? question(form.dataset.order);
  if (box) ask(box);
  else send(form, event.submitter);
});
root.addEventListener('click', event => {
  const answer = event.target.closest('[data-no]');
  if (!answer) return;
  event.preventDefault();
  no(answer.closest('.confirm'));
});
root.addEventListener('keydown', event => {
  const answer = event.target.closest('[data-no]');
  if (answer && event.key === ' ') { event.preventDefault(); answer.click(); }
});

// --- keys ---

const sheet = document.getElementById('keys'), KEYS = 'sawt.keys';
const box = document.getElementById('keys-on');
box.checked = kept.get(KEYS) !== false;
box.addEventListener('change', () => kept.set(KEYS, box.checked));
document.getElementById('help').addEventListener('click', () => sheet.showModal());
const DO = { KeyH: 'do-hold', KeyM: 'do-minutes2', KeyU: 'do-undo' };
const typing = el => el.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');

addEventListener('keydown', event => {
  const open = root.querySelector('.confirm:not([hidden])');
  if (event.key === 'Escape' && open && !sheet.open) { no(open); return; }
  if (!box.checked || sheet.open || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === '?') sheet.showModal();
  else if (event.shiftKey && event.code === 'KeyC') root.querySelector('.next [data-order=close] button')?.click();
  else if (!event.shiftKey && event.code === 'KeyN') document.getElementById('do-next')?.focus();
  else if (!event.shiftKey && DO[event.code]) document.getElementById(DO[event.code])?.click();
  else if (!event.shiftKey && /^Digit\d$/.test(event.code)) root.querySelectorAll('.seg button')[Number(event.code.slice(5))]?.click();
  else return;
  event.preventDefault();
});

tick();
showLink();
