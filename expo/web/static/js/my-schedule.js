// One's own choice of sessions: stars, kept on this device alone; the list of only those; a calendar of them.
import { announce, kept, number, say } from './words.js';

const KEY = 'sawt.mine', MOST = 500;
const stars = [...document.querySelectorAll('.star')], desk = document.getElementById('mine');
const idOf = star => star.closest('[data-id]').dataset.id;
const clean = value => (Array.isArray(value) ? value.filter(one => typeof one === 'string').slice(0, MOST) : []);
let chosen = new Set(clean(kept.get(KEY))), only = false;

function show() {
  const here = stars.filter(star => chosen.has(idOf(star)));
  for (const star of stars) {
    const is = chosen.has(idOf(star));
    star.setAttribute('aria-pressed', String(is));
    star.closest('[data-id]').hidden = only && !is;
  }
  if (!desk) return;
  const add = desk.querySelector('[data-add]');
  desk.querySelector('[data-only]').setAttribute('aria-pressed', String(only));
  desk.querySelector('[data-n]').textContent = here.length ? number(here.length) : '';
  desk.querySelector('[data-none]').hidden = here.length > 0;
  add.hidden = !here.length;
  add.href = desk.dataset.calendar + here.map(star => encodeURIComponent(idOf(star))).join(',');
}

for (const star of stars) {
  star.hidden = false;
  star.onclick = () => {
    chosen = new Set(clean(kept.get(KEY) ?? [...chosen])); // another window may have changed it
    const id = idOf(star), had = chosen.delete(id);
    if (!had) chosen.add(id);
    kept.set(KEY, [...chosen]);
    announce(say(had ? 'dropped' : 'kept'));
    show();
    if (star.closest('[data-id]').hidden) desk?.querySelector('[data-only]').focus();
  };
}
if (desk) {
  desk.hidden = !stars.length;
  desk.querySelector('[data-only]').onclick = () => { only = !only; announce(say(only ? 'mineShown' : 'allShown')); show(); };
}
addEventListener('storage', event => { if (event.key === KEY) { chosen = new Set(clean(kept.get(KEY))); show(); } });
show();
