// The session page: which state of the ballot is shown, and what became of the ranking.
// What the voter is told is what the server said, never a guess: "saved" comes with a receipt only.
import './rank-list.js';
import { banner, connect, learn, now } from './socket.js';
import { announce, clock, count, fill, grouped, isolate, kept, lang, left, nonce, say, uuid, warn, words } from './words.js';

const $ = id => document.getElementById(id);
const root = $('ballot'), list = root.querySelector('rank-list'), act = $('act'), button = $('ack-b');
const contest = root.dataset.contest, KEY = `sawt.${contest}`;
const WAYS = [1000, 2000, 4000, 8000]; // ms between tries of the door without sockets
const SLOW = 4000, LOST = 8000; // ms until the network is called slow, and until the other door is tried
const LOOK = 3000; // ms within which a receipt is looked at
const VIEWS = { draft: 'before', ready: 'before', reviewed: 'closed', amended: 'published' };
const CLOSED = { quarantined: 'heldClosed', void: 'voidClosed' }; // what is said of a ballot that was not counted
const VOTING = ['open', 'paused', 'closing'];
const PASSING = ['join-first', 'contest-not-open', 'contest-paused', 'contest-closed']; // what shuts nobody out for good

let state = root.dataset.state;
let closes = root.dataset.closes ? Date.parse(root.dataset.closes) : null; // what the clock counts down to
let joined = root.dataset.joined === 'yes';
let blocked = root.dataset.blocked === 'join-first' ? '' : root.dataset.blocked;
let saved = words.receipt; // what counts now, as the server said
let sent = saved ? saved.ranking : null; // what the saved ballot was when it was sent
let pending = kept.get(KEY)?.pending ?? null;
let cast = null, looking = 0; // what was sent last, and when its receipt is looked at
let ack = saved ? 'saved' : 'idle', late = false, tries = 0, timers = [], minuteTold = false, listen = false;

const isHeld = () => saved?.status === 'quarantined'; // received, and in no count until it is reviewed
const same = (a, b) => a?.length === b?.length && a.every((x, i) => x === b[i]);
const keep = () => {
  const draft = sent && same(list.order, sent) ? null : list.order;
  kept.set(KEY, draft || pending ? { draft, pending } : null);
};

// --- what is shown ---

const view = () => (late && state !== 'revealing' && state !== 'published' ? 'late' : blocked && VOTING.includes(state) ? 'blocked' : state);

function show() {
  const name = view();
  for (const el of root.querySelectorAll('[data-panel]')) el.hidden = !el.dataset.panel.split(' ').includes(name);
  for (const el of root.querySelectorAll('[data-if=counted]')) el.hidden = !saved;
  for (const el of root.querySelectorAll('[data-if=none]')) el.hidden = !!saved;
  for (const el of root.querySelectorAll('[data-if=held]')) el.hidden = !isHeld();
  for (const el of root.querySelectorAll('[data-for]')) el.hidden = !el.dataset.for.split(' ').includes(blocked);
  act.hidden = !VOTING.includes(name);
  root.dataset.state = name;
  tick();
}

/** Nothing can be sent while voting is paused; what was saved can be looked at. */
const off = () => ack === 'sending' || (state === 'paused' && ack !== 'saved');

function setAck(name, values = {}) {
  ack = name;
  const shown = name === 'saved' && isHeld() ? 'held' : name;
  const key = name === 'idle' && values.removed ? 'removed' : shown, [head, small, label] = words.ack[key];
  act.dataset.ack = name;
  $('ack-h').textContent = head || fill(words.progress, { n: list.order.length, m: list.max });
  $('ack-s').textContent = values.message ?? fill(small, { code: isolate(grouped(saved?.tracker ?? '')) });
  button.textContent = label;
  button.classList.toggle('primary', name !== 'saved');
  button.setAttribute('aria-disabled', off());
  act.querySelectorAll('.steps i').forEach((x, i) => x.classList.toggle('on', i < list.order.length));
}

function receiptShown() {
  for (const el of document.querySelectorAll('[data-tracker]')) {
    el.dataset.tracker = saved?.tracker ?? '';
    el.textContent = grouped(el.dataset.tracker);
  }
  if (saved) $('counted').textContent = say(CLOSED[saved.status] ?? 'counted', { time: isolate(clock(saved.accepted_at)) });
}

async function receiptSheet() {
  const { open } = await import('./receipt.js');
  open(saved, list, () => {
    list.order = [];
    fresh([]);
    tries = 0;
    deliver();
  });
}

function tick() {
  if (closes === null || !['open', 'closing'].includes(state)) return;
  const ms = closes - now();
  $('timer').textContent = left(ms);
  if (state === 'open' && ms <= 60_000 && ms > 45_000 && !minuteTold) {
    minuteTold = true;
    announce(say('minute'));
  }
}
setInterval(tick, 500);

// --- sending ---

const clear = () => { timers.forEach(clearTimeout); timers = []; bar.slow(false); };
const after = (ms, what) => timers.push(setTimeout(what, ms));

function submit() {
  if (off()) return;
  if (ack === 'saved') { receiptSheet(); return; }
  if (!list.order.length && !saved) { announce(say('needOne')); return; }
  if (!pending || !same(pending.ranking, list.order)) fresh(list.order);
  tries = 0;
  deliver();
}

function fresh(ranking) {
  pending = { id: uuid(), ranking, nonce: nonce() };
  keep();
}

const frame = () => ({ type: 'cast', id: pending.id, contest, ranking: pending.ranking, nonce: pending.nonce });

async function deliver() {
  clear();
  if (navigator.onLine === false) { setAck('queued'); return; }
  setAck('sending');
  after(SLOW, () => bar.slow(true));
  if (!joined) {
    // the new line says whose it is and sends the ballot; without a line the other door does
    try { await join(); after(LOST, post); } catch (problem) { missed(problem); }
    return;
  }
  if (line.isOpen && joinedLine && line.send(frame())) after(LOST, post);
  else post();
}

let joinedLine = joined; // whether the open line knows who this is

async function join() {
  await ask(`/${lang}/join`, {});
  joined = true;
  joinedLine = false;
  line.renew();
}

/** The door without sockets; the same id makes a second sending harmless. */
async function post() {
  const mine = pending;
  if (!mine) return;
  try { receipt(await ask(`/${lang}/ballots/${encodeURIComponent(contest)}`, frame())); } catch (problem) { if (pending === mine) missed(problem); }
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: 'POST', credentials: 'same-origin', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw { code: 'server-error', facts: {}, ...told };
  return told;
}

/** A refusal by a rule, or a network that failed. */
function missed(problem) {
  if (problem.code && problem.code !== 'server-error') refused(problem);
  else if (tries < WAYS.length) {
    const wait = WAYS[tries++] * (0.8 + 0.4 * Math.random());
    if (navigator.onLine === false) setAck('queued');
    after(wait, deliver);
  } else if (navigator.onLine === false || !line.isOpen) setAck('queued');
  else failed();
}

function failed(message) {
  clear();
  setAck('failed', { message });
  warn(`${words.ack.failed[0]}. ${message ?? words.ack.failed[1]}`);
}

function refused({ code, facts = {}, message, id, contest: about }) {
  if (about && about !== contest) return;
  if (id && id !== pending?.id) return;
  if (!pending) return;
  clear();
  if (code === 'contest-closed') {
    pending = null;
    late = true;
    $('late').textContent = message ?? '';
    kept.set(KEY, null);
    show();
    warn(say('lateSay'));
  } else if ((code === 'busy' || code === 'too-fast') && tries < WAYS.length) {
    after(Math.max(facts.retry_after_ms ?? 0, WAYS[tries++]), deliver);
  } else if (code === 'sign-in-again') {
    blocked = code;
    pending = null;
    $('blocked').textContent = message ?? '';
    keep();
    show();
    warn(message);
  } else if (code === 'join-first' && joined) { joined = false; tries++ < 2 ? deliver() : failed(message); }
  else if (code === 'id-conflict' && tries++ < 2) { fresh(pending.ranking); deliver(); }
  else {
    pending = null;
    keep();
    failed(message);
  }
}

/** Into safe keeping; looked at a moment later, so that a crowd does not come for the means at once. */
function handOver(got) {
  const { ranking, nonce } = cast, names = got.ranking.map(id => (list.card(id) ? list.name(list.card(id)) : id));
  kept.set(`sawt.fresh.${contest}`, { receipt: got, sent: { ranking, nonce }, title: root.dataset.title, names });
  clearTimeout(looking);
  looking = setTimeout(lookAt, LOOK * (0.1 + 0.9 * Math.random()));
}

async function lookAt() {
  const { takeIn } = await import('./receipts/check.js');
  const [bad] = await takeIn(root.dataset.site);
  if (!bad) return;
  $('differs').hidden = false;
  $('differs-code').textContent = grouped(bad.tracker);
  $('differs').focus();
  warn($('differs-h').textContent);
}

function receipt(got) {
  if (got.contest !== contest) return;
  const own = pending && got.id === pending.id;
  if (own) cast = pending;
  if (got.id === cast?.id && (own || got.proof)) handOver(got);
  if (!own && (pending || got.id === saved?.id)) return;
  clear();
  if (own) sent = pending.ranking;
  pending = null;
  take(got);
  if (!saved) setAck('idle', { removed: true });
  else if (same(list.order, sent)) setAck('saved');
  else setAck('dirty');
  keep();
  announce(saved ? say(isHeld() ? 'heldSay' : 'savedSay', { code: isolate(grouped(saved.tracker)) }) : words.ack.removed[0]);
}

function take(got) {
  saved = got?.ranking.length ? got : null;
  if (!saved) sent = null;
  receiptShown();
  show();
}

/** The truth about one's ballot after a reconnect. */
function mine(got) {
  if (got.contest !== contest) return;
  joinedLine = joined;
  if (got.blocked !== undefined) {
    blocked = got.blocked && !PASSING.includes(got.blocked) ? got.blocked : '';
    if (blocked) $('blocked').textContent = got.message ?? '';
  }
  who(got.electorate);
  if (pending && got.receipt?.id === pending.id) { // its own answer was lost: the promise is asked for again
    const again = frame();
    receipt(got.receipt);
    line.send(again);
    return;
  }
  const before = saved?.ranking;
  take(got.receipt);
  if (pending) { deliver(); return; }
  if (saved && !same(saved.ranking, before)) {
    if (ack === 'saved' || ack === 'idle' && !list.order.length) { list.order = saved.ranking; }
    sent = saved.ranking;
  }
  settle();
}

function settle() {
  if (pending || ack === 'sending' || ack === 'failed') return;
  if (saved) setAck(same(list.order, sent) ? 'saved' : 'dirty');
  else setAck('idle');
}

function who(id) {
  const name = words.electorates[id], el = $('as');
  if (name && el) el.textContent = say(words.level === 'C' ? 'asDevice' : 'as', { electorate: isolate(name) });
}

// --- what the server tells ---

function contestFrame(got) {
  const next = VIEWS[got.phase] ?? got.phase, was = state;
  learn(got.server_at);
  const until = next === 'closing' ? got.hard_close_at : got.closes_at;
  closes = until ? Date.parse(until) : null;
  if (was === 'before' && got.options.join(' ') !== $('ballot').dataset.options) { location.reload(); return; } // asked about anew
  state = next;
  if (got.places.length || next === 'revealing' || next === 'published') reveal(got);
  if (next !== was) turned(was, got);
  show();
  settle();
  button.setAttribute('aria-disabled', off());
}

function turned(was, got) {
  const unsaved = ['dirty', 'queued', 'failed', 'sending'].includes(ack) || (ack === 'idle' && list.order.length > 0);
  if (state === 'open') announce(say('opened'));
  else if (state === 'paused') announce(say('pausedSay'));
  else if (state === 'closed' && unsaved) warn(say('closedUnsaved'));
  else if (state === 'closed') announce(say('closedSay'));
  else if (state === 'published') import('./places.js').then(it => it.told(got, saved));
  if (state !== 'open' && state !== 'paused' && state !== 'closing') kept.set(KEY, null);
}

const reveal = async got => (await import('./places.js')).places($('places'), got, saved?.ranking ?? [], list);

async function tally(got) {
  const box = root.querySelector('[data-if=standing]');
  if (got.contest !== contest || !box) return;
  box.hidden = !VOTING.includes(view());
  (await import('./places.js')).standing($('rows'), got, list);
}

/** The session comes and goes while the page stays; whoever has stayed is shown the way. */
function board({ now: on, statuses }) {
  const own = root.dataset.session, is = on === own ? 'live' : statuses[own];
  const pill = $('stand')?.firstElementChild, onward = $('onward');
  if (!pill) return;
  const name = words.stand[is] ?? words.stand[''];
  if (pill.textContent.trim() !== name) {
    pill.className = is === 'live' ? 'pill live' : 'pill';
    pill.textContent = name;
  }
  onward.hidden = !on || is === 'live';
  if (on) onward.firstElementChild.href = `/${lang}/session/${encodeURIComponent(on)}`;
}

function turnout(got) {
  if (got.contest !== contest) return;
  $('turnout').textContent = count('ballots', got.ballots);
}

const bar = banner();
/** A page with a stream shows what happens in the hall when the picture shows it. */
let inTime = (got, tell) => tell(got), onBoard = () => {};
const watch = document.querySelector('[data-watch]');
if (watch) import('./streams/watch.js').then(it => { ({ inTime, board: onBoard } = it.begin(watch, frame => line.send(frame))); });
const line = connect(`/live/${encodeURIComponent(root.dataset.session)}?lang=${lang}`, {
  status(name) { bar.status(name); if (name === 'ended') joinedLine = false; },
  hello(got) {
    joined = joinedLine = got.joined;
    who(got.electorate);
  },
  contest(got) { if (got.contest === contest) inTime(got, contestFrame); },
  mine, receipt, refused, tally, turnout,
  board(got) { board(got); onBoard(got); },
}, {
  probe: () => (joined ? { type: 'ask-mine', contest } : null),
  known: { [`contest ${contest}`]: Number(root.dataset.version) },
});

// --- what the person does ---

document.addEventListener('rankchange', () => {
  $('how').hidden = list.order.length !== 1;
  keep();
  if (ack === 'sending') { setAck('sending'); return; }
  if (pending) { pending = null; keep(); clear(); }
  if (ack === 'queued' && list.order.length) { fresh(list.order); setAck('queued'); return; }
  ack = 'idle';
  settle();
});
addEventListener('online', () => { if (pending && ack === 'queued') { tries = 0; deliver(); } });
// Another tab of this device has a new receipt: what counts now is asked for.
addEventListener('storage', e => {
  if (e.key !== KEY || e.newValue !== null || pending) return;
  if (joinedLine) line.send({ type: 'ask-mine', contest }); else line.renew();
});
button.addEventListener('click', submit);
$('cast').addEventListener('submit', e => { e.preventDefault(); submit(); });

const at = $('session')?.dataset.at;
if (at) learn(at);
const draft = kept.get(KEY)?.draft;
if (!VOTING.includes(state)) pending = null;
else if (draft) list.order = draft;
receiptShown();
if (pending) setAck('queued'); else settle();
show();
if (kept.get(`sawt.fresh.${contest}`)) lookAt();
$('problem')?.focus();
