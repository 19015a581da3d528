// The moderators' queue: follows the staff line, single keys, and a card that is one's own while one looks at it.
import { page, take } from './parts.js';
import { banner, connect } from './socket.js';
import { announce, kept, say, warn, words } from './words.js';

const root = document.getElementById('qdesk'), session = root.dataset.session;
const here = `${location.pathname}?session=${encodeURIComponent(session)}`;
const HOLD = 25_000; // ms after which a card one still looks at is claimed again; a claim lasts 60 s
const REST = 500; // ms after an order in which a second press is taken for a slip
let at = '', asked = 0, asking = false, busy = false, rested = 0, last = '';

// --- the page follows ---

const keep = (old, fresh) => old.id !== 'p-notice' && old.contains(document.activeElement) && document.activeElement.matches('select') && Boolean(fresh);
async function refresh() {
  asked += 1;
  if (asking || !session) return;
  asking = true;
  while (asked) {
    asked = 0;
    take(await page('GET', here), (old, fresh) => (old.id === 'p-notice' && old.firstElementChild) || keep(old, fresh));
    mark();
  }
  asking = false;
}
const bar = banner();
connect('/live/staff', {
  status(name) { bar.status(name); if (name === 'open') refresh(); },
  'question-desk'(got) { if (got.session === session) refresh(); },
});

// --- cards ---

const cards = () => [...root.querySelectorAll('.qcard')];
const current = () => (at ? document.getElementById(`q-${at}`) : null);
function mark() {
  for (const one of cards()) one.classList.toggle('here', one.dataset.id === at);
}
async function claim(card) {
  if (card.dataset.state !== 'waiting' || card.dataset.holder === 'other') return;
  await post({ act: 'claim', question: card.dataset.id });
}
async function post(fields) {
  try {
    const answer = await fetch(location.pathname, { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams({ session, ...fields }) });
    return { ok: answer.ok, ...await answer.json() };
  } catch { return { ok: false, message: say('failed') }; }
}
/** Go to the next card that nobody else holds, in reading order. */
function go(step) {
  const all = cards().filter(one => one.dataset.holder !== 'other' && !one.closest('#p-done'));
  if (!all.length) return;
  const place = all.findIndex(one => one.dataset.id === at);
  select(all[place < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, place + step))]);
}
function select(card) {
  at = card.dataset.id;
  mark();
  card.focus();
  claim(card);
}
setInterval(() => { const card = current(); if (card && !document.hidden) claim(card); }, HOLD);
addEventListener('pagehide', () => {
  const card = current();
  if (card?.dataset.holder === 'me') navigator.sendBeacon(location.pathname, new URLSearchParams({ session, act: 'release', question: at }));
});

// --- orders ---

async function send(form, button) {
  if (busy || performance.now() < rested) return;
  busy = true;
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  const act = form.dataset.act, question = body.get('question'), order = cards();
  const next = order[order.findIndex(one => one.dataset.id === question) + 1]?.dataset.id;
  const fresh = await page('POST', location.pathname, body);
  busy = false;
  rested = performance.now() + REST;
  if (!take(fresh)) { warn(say('failed')); refresh(); return; }
  if (!document.querySelector('#p-notice .note')) {
    announce(words.done[act] ?? '');
    if (act !== 'undo' && words.done[act]) last = question;
    if (['publish', 'decline', 'merge'].includes(act) && next && at === question) {
      const card = document.getElementById(`q-${next}`);
      if (card?.dataset.state === 'waiting' && card.dataset.holder !== 'other') { select(card); return; }
    }
  }
  mark();
  (document.getElementById(`q-${question}`) ?? document.getElementById('w-h'))?.focus?.({ preventScroll: true });
}
root.addEventListener('submit', event => {
  if (event.target.method !== 'post') return;
  event.preventDefault();
  send(event.target, event.submitter);
});

// --- keys ---

const sheet = document.getElementById('keys'), KEYS = 'sawt.keys', box = document.getElementById('keys-on');
box.checked = kept.get(KEYS) !== false;
box.addEventListener('change', () => kept.set(KEYS, box.checked));
document.getElementById('help')?.addEventListener('click', () => sheet.showModal());
const typing = el => el.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');
const press = (card, act) => card?.querySelector(`form[data-act=${act}] button`)?.click();
function unfold(card, name) {
  const more = card?.querySelector(`#${CSS.escape(`${name}-${card.dataset.id}`)}`);
  if (!more) return;
  more.open = !more.open;
  if (more.open) more.querySelector('select, button').focus();
}
const ACTS = { KeyP: 'publish', KeyS: 'send', KeyA: 'answer' };
addEventListener('keydown', event => {
  if (!box.checked || sheet.open || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const card = current(), { code } = event;
  const reasons = card?.querySelector(`#${CSS.escape(`d-${at}`)}[open]`);
  if (event.key === '?') sheet.showModal();
  else if (event.shiftKey) return;
  else if (code === 'KeyJ') go(1);
  else if (code === 'KeyK') go(-1);
  else if (code in ACTS) press(card, ACTS[code]);
  else if (code === 'KeyO') { press(card, 'screen'); press(card, 'unscreen'); } else if (code === 'KeyU') press(document.getElementById(`q-${last}`), 'undo');
  else if (code === 'KeyH') unfold(card, 'd');
  else if (code === 'KeyM') unfold(card, 'm');
  else if (reasons && /^Digit[1-6]$/.test(code)) reasons.querySelectorAll('button')[Number(code.slice(5)) - 1]?.click();
  else return;
  event.preventDefault();
});
document.getElementById('which')?.addEventListener('change', event => event.target.form.submit());
