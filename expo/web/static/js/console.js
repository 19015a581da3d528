// A presenter's console: the time in the server's clock, cues, questions, what the audience feels.
// Without a line everything stays as it was last told, and the time runs on here.
import { connect, learn, now } from './socket.js';
import { announce, clock, count, left, number, say, text, words } from './words.js';

const BEAT = 10_000; // ms between two words to the desk's list of devices
const SHORT = 120_000; // ms left from which the time is told to be short
const FAR = 3_600_000; // a start further away than this is told as a time of day
const ALONE = 3_000; // ms without a line before the page says so

const root = document.getElementById('console'), cue = document.getElementById('cue'), seen = document.getElementById('seen');
const big = document.getElementById('big'), local = document.getElementById('local');
let shown = JSON.parse(document.getElementById('frame').textContent), lost = 0, told = shown.cue?.n ?? 0;

const put = (name, value) => {
  const el = document.querySelector(`[data-f="${name}"]`);
  if (el.textContent !== value) el.textContent = value;
};
const at = time => `\u2068${clock(time)}\u2069`;

// --- the time ---

/** Where the presenter stands: the time may be up although nobody has told this page. */
function turnNow(frame, rest) {
  if (frame.turn !== 'stage' && frame.turn !== 'overtime') return frame.turn;
  return rest < 0 ? 'overtime' : 'stage';
}

function tick() {
  const { turn: was, due_at, starts_at, held_at, live_at, added_minutes, planned_minutes, before } = shown;
  const due = Date.parse(due_at), clockNow = now(), held = held_at !== null && ['stage', 'overtime'].includes(was);
  const rest = due - (held ? Math.min(clockNow, Date.parse(held_at)) : clockNow), turn = turnNow(shown, rest);
  const short = turn === 'stage' && rest <= SHORT;
  root.className = [turn, short && 'short', held && 'held'].filter(Boolean).join(' ');
  put('turn', held ? words.held : short ? words.short : words.turns[turn]);
  const wait = Date.parse(starts_at) - clockNow;
  const figure = turn === 'stage' ? left(rest) : turn === 'overtime' ? `+${left(-rest)}` : turn === 'next' && wait < FAR ? left(wait) : turn === 'waiting' || turn === 'next' ? clock(starts_at) : '';
  if (big.textContent !== figure) big.textContent = figure;
  const wide = figure.length > 7 || /[^\d:+]/.test(figure); // e.g. 10:40 with ص
  big.classList.toggle('long', !wide && figure.length > 5);
  big.classList.toggle('word', wide);
  big.hidden = !figure;
  put('tell', turn === 'stage' ? say('dueAt', { time: at(due_at) }) : turn === 'overtime' ? words.overSince
    : turn === 'waiting' && before ? count('before', before) : turn === 'next' || turn === 'waiting' ? say('startsAt', { time: at(starts_at) }) : '');
  put('plan', [count('planned', planned_minutes), ...(added_minutes > 0 ? [count('added', added_minutes)] : [])].join(' · '));
  const whole = due - Date.parse(live_at ?? starts_at), share = turn === 'overtime' ? 1 : turn === 'stage' ? 1 - rest / whole : 0;
  document.getElementById('passed').setAttribute('width', `${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%`);
  const time = clock(clockNow), clockBox = document.getElementById('now');
  if (clockBox.textContent !== time) clockBox.textContent = time;
  local.hidden = !lost || Date.now() - lost < ALONE;
}

// --- what is told ---

function tellCue(one) {
  cue.hidden = !one;
  if (!one) return;
  const said = one.text || words.cues[one.kind];
  cue.dataset.kind = one.kind;
  put('cue', said);
  put('sent', say('sentAt', { time: at(one.sent_at) }));
  seen.elements.cue.value = one.n;
  seen.hidden = Boolean(one.seen_at);
  document.getElementById('was-seen').hidden = !one.seen_at;
  if (one.n <= told) return;
  told = one.n;
  announce(said);
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 150, 300]);
}

function tellQuestions(list) {
  const said = JSON.stringify(list), box = document.getElementById('asked');
  if (box.dataset.said === said) return;
  box.dataset.said = said;
  box.replaceChildren(...list.map(one => {
    const li = document.createElement('li'), bdi = document.createElement('bdi'), small = document.createElement('small');
    bdi.dir = 'auto';
    bdi.textContent = one.text;
    small.textContent = count('people', one.supports);
    li.append(bdi, ' ', small);
    return li;
  }));
  put('asked', number(list.length));
  document.getElementById('none').hidden = list.length > 0;
}

function show(frame) {
  shown = frame;
  tellCue(frame.cue);
  tellQuestions(frame.questions);
  for (const [kind, n] of Object.entries(frame.felt)) {
    const dd = root.querySelector(`[data-felt="${kind}"]`);
    dd.textContent = number(n);
    dd.parentElement.classList.toggle('some', n > 0);
  }
  root.querySelector('.after').hidden = !frame.next;
  put('next', frame.next ? text(frame.next.title) : '');
  put('nextAt', frame.next ? clock(frame.next.starts_at) : '');
  tick();
}

// --- the line ---

const line = connect(`/live/present/${encodeURIComponent(root.dataset.session)}`, {
  status(name) {
    if (name === 'open') lost = 0;
    else lost ||= Date.now();
    tick();
  },
  console(frame) {
    learn(frame.server_at);
    show(frame);
  },
});
setInterval(() => line.send({ type: 'beat', scene: 'now', version: 0 }), BEAT); // so that the desk knows it is awake

seen.addEventListener('submit', async event => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(seen));
  try {
    const answer = await fetch(location.pathname, { method: 'POST', headers: { accept: 'application/json' }, body });
    if (answer.ok) seen.hidden = true;
  } catch { line.renew(); }
});

/** A console must not go dark; where that cannot be asked for it is as any other page. */
async function stayAwake() {
  try { await navigator.wakeLock?.request('screen'); } catch { /* not while the battery is low */ }
}
document.addEventListener('visibilitychange', () => { if (!document.hidden) stayAwake(); });
stayAwake();

learn(shown.server_at);
show(shown);
setInterval(tick, 250);
