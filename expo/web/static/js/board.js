// Today and the schedule: countdown in the server's time, and a fresh page when the board has changed.
import { banner, connect, learn, now } from './socket.js';
import { kept } from './words.js';

const root = document.querySelector('[data-at]');
if (root) learn(root.dataset.at);

const timer = document.querySelector('[data-until]');
function tick() {
  const all = Math.max(0, Math.ceil((Date.parse(timer.dataset.until) - now()) / 1000));
  const parts = { d: Math.floor(all / 86400), h: Math.floor(all / 3600) % 24, m: Math.floor(all / 60) % 60, s: all % 60 };
  for (const [unit, n] of Object.entries(parts)) {
    const el = timer.querySelector(`[data-unit=${unit}]`);
    if (el) el.firstChild.textContent = String(n).padStart(unit === 'd' ? 1 : 2, '0');
  }
}
if (timer) { tick(); setInterval(tick, 500); }

function grow() {
  for (const bar of document.querySelectorAll('[data-from]')) {
    const from = Date.parse(bar.dataset.from), to = Date.parse(bar.dataset.to);
    const part = Math.min(1, Math.max(0, (now() - from) / (to - from)));
    bar.querySelector('rect').setAttribute('width', `${(part * 100).toFixed(1)}%`);
  }
}
setInterval(grow, 15_000);

// A session began, ended or moved: the page is made anew, not by all phones at the same moment.
const AGAIN = 10_000, KEY = 'sawt.board'; // ms: a page just made anew is not made anew at once
let shown = null, waiting = 0;
const differs = got => {
  const is = JSON.stringify([got.now, got.mood, Object.entries(got.statuses).sort()]);
  const was = shown;
  shown = is;
  if (was !== null) return was !== is;
  return (root.dataset.now ?? got.now ?? '') !== (got.now ?? '') || (root.dataset.mood ?? got.mood) !== got.mood;
};
let onBoard = () => {};
const bar = banner();
const session = root?.dataset.session; // a session's page hears its questions too
connect(session ? `/live/${encodeURIComponent(session)}` : '/live/day', {
  status: bar.status,
  board(got) {
    onBoard(got);
    if (!root || !differs(got) || waiting || document.querySelector('.player')) return;
    const since = Date.now() - (kept.get(KEY) ?? 0);
    waiting = setTimeout(() => { kept.set(KEY, Date.now()); location.reload(); }, Math.max(300, AGAIN - since) + Math.random() * 3000);
  },
});
const watch = document.querySelector('[data-watch]');
if (watch) import('./streams/watch.js').then(it => { onBoard = it.begin(watch).board; });
