// Times that are to be expected: a delay moves them where they stand, without a new page.
import { clock, fill, lang, number } from './words.js';

const forms = JSON.parse(document.getElementById('late-words').textContent), plural = new Intl.PluralRules(lang);
const minutes = (key, n) => fill(forms[key][plural.select(n)] ?? forms[key].other ?? '', { n: number(n) });
const put = (el, said) => { if (el.textContent !== said) el.textContent = said; };
const all = (name, each) => document.querySelectorAll(`[data-${name}]`).forEach(each);

/** Put a board's times everywhere on the page; sessions of other days are left as they are. */
function show({ times, late_minutes: late, held }) {
  all('begins', el => { const at = times[el.dataset.begins]?.[0]; if (at) put(el, clock(at)); });
  all('ends', el => { const at = times[el.dataset.ends]?.[1]; if (at) put(el, clock(at)); });
  all('of', el => { const at = times[el.dataset.of]; if (at) [el.dataset.from, el.dataset.to] = at; });
  all('late', el => {
    const at = times[el.dataset.late]?.[el.dataset.side];
    if (!at) return;
    const n = Number(el.dataset.n) + Math.round((Date.parse(at) - Date.parse(el.dataset.was)) / 60_000);
    el.hidden = n <= 0;
    put(el, minutes('row', n));
  });
  all('held', el => { el.hidden = !held; });
  all('show-late', el => {
    el.hidden = held || late <= 0;
    put(el.querySelector('span'), minutes('show', late));
  });
}
document.addEventListener('frame:board', event => show(event.detail));
