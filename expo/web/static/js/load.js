// The load page: asked anew every two seconds, changed where it differs, held still on request.
import { page } from './parts.js';
import { banner } from './socket.js';
import { announce, say, words } from './words.js';

const EVERY = 2_000; // ms between two answers; an answer that does not come is waited for longer
const root = document.getElementById('p-load');
const button = document.getElementById('pause');
const bar = banner();
let held = false, timer = 0;

/** Make one tree like the other, touching only what differs: focus, selection and a reader's place stay. */
function become(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const alike = old.nodeName === fresh.nodeName && old.childNodes.length === fresh.childNodes.length;
  if (!alike) { old.replaceWith(document.adoptNode(fresh)); return; }
  if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  const pairs = [...old.childNodes].map((one, n) => [one, fresh.childNodes[n]]);
  for (const [one, other] of pairs) become(one, other);
}

const levels = () => [...root.querySelectorAll('[data-level]')].map(one => one.dataset.level);
const worst = all => ['over', 'near', 'fine'].find(one => all.includes(one)) ?? 'fine';

function show(fresh) {
  const before = worst(levels());
  become(root, fresh.getElementById('p-load'));
  become(document.querySelector('.when'), fresh.querySelector('.when'));
  const after = worst(levels());
  if (after !== before) announce(words.levels[after]);
}

async function look() {
  clearTimeout(timer);
  if (held || document.hidden) return;
  const fresh = await page('GET', root.dataset.from ?? location.href); // a form was answered at another address
  const known = fresh?.getElementById('p-load');
  if (known && !held) show(fresh);
  root.classList.toggle('stale', !known);
  bar.status(known ? 'open' : 'down');
  timer = setTimeout(look, EVERY);
}

button.addEventListener('click', () => {
  held = !held;
  button.setAttribute('aria-pressed', String(held));
  announce(say(held ? 'held' : 'running'));
  if (!held) look();
});
document.addEventListener('visibilitychange', look);
timer = setTimeout(look, EVERY);
