// Places as they are revealed, and the running order; loaded only when there is something to show.
import { announce, isolate, number, say, text } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

function make(tag, className, content = '') {
  const el = document.createElement(tag);
  el.className = className;
  el.textContent = content;
  return el;
}

function bar(permille) {
  const svg = document.createElementNS(SVG, 'svg'), rect = document.createElementNS(SVG, 'rect');
  svg.setAttribute('class', 'bar');
  svg.setAttribute('aria-hidden', 'true');
  for (const [name, value] of [['width', `${permille / 10}%`], ['height', '100%'], ['rx', 5]]) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

/** The mark of a sample, as its card has it, or null. */
export const tagOf = (cards, id) => cards.card(id)?.querySelector('.tag')?.cloneNode(true) ?? null;

const share = permille => `${number(Math.floor((permille + 5) / 10))}%`;

function named(title, own, tag) {
  const line = make('span', '', ''), name = document.createElement('bdi');
  name.textContent = title;
  line.append(name);
  if (tag) line.append(' ', tag);
  if (own) line.append(' ', make('span', 'own', say('own', { n: own })));
  return line;
}

function titled(title, tag) {
  const n = make('span', 'n');
  n.append(named(title, 0, tag));
  return n;
}

/** The list of a reveal: room for what is hidden, then the places shown, best first.
 *  ranking is one's own; cards is the <rank-list> that knows every option. */
export function places(list, { places: shown, total_places }, ranking, cards) {
  const had = new Set([...list.querySelectorAll('[data-rank]')].map(li => li.dataset.rank));
  const first = !list.querySelector('[data-rank]') && !list.dataset.drawn;
  const later = Array.from({ length: Math.max(0, total_places - shown.length) }, () => {
    const li = make('li', 'later'), sign = make('span', 'r', '?');
    sign.setAttribute('aria-hidden', 'true');
    li.append(sign, make('span', 'n', say('later')));
    return li;
  });
  const known = [...shown].sort((a, b) => a.rank - b.rank).map(place => {
    const li = make('li', place.rank === 1 ? 'first' : ''), n = make('span', 'n');
    li.dataset.rank = place.rank;
    if (!first && !had.has(String(place.rank))) li.classList.add('new');
    place.titles.forEach((title, i) => {
      if (i) n.append(document.createElement('br'));
      n.append(named(text(title), ranking.indexOf(place.ids[i]) + 1, tagOf(cards, place.ids[i])));
    });
    if (place.titles.length > 1) n.append(make('small', '', say('shared')));
    li.append(make('span', 'r num', place.rank), n, make('span', 'v num', share(place.support)), bar(place.support));
    return li;
  });
  list.dataset.drawn = 'yes';
  list.replaceChildren(...later, ...known);
}

/** The running order; rows are kept by option so that a bar grows instead of starting anew. */
export function standing(list, { rows }, cards) {
  const old = new Map([...list.children].map(li => [li.dataset.id, li]));
  list.replaceChildren(...rows.map(row => {
    const li = old.get(row.id) ?? make('li', '');
    li.dataset.id = row.id;
    const rect = li.querySelector('rect');
    if (rect) {
      li.querySelector('.r').textContent = row.rank;
      li.querySelector('.v').textContent = share(row.support);
      rect.setAttribute('width', `${row.support / 10}%`);
    } else li.replaceChildren(make('span', 'r num', row.rank), titled(cards.name(cards.card(row.id)), tagOf(cards, row.id)), make('span', 'v num', share(row.support)), bar(row.support));
    return li;
  }));
}

/** Say who came first, and where one had ranked it. */
export function told({ places }, saved) {
  const first = places.find(place => place.rank === 1);
  if (!first) return;
  const at = saved ? saved.ranking.indexOf(first.ids[0]) : -1, name = first.titles.map(one => isolate(text(one))).join(' · ');
  announce(say('published', { name }) + (at < 0 ? '' : ` ${say('yours', { n: at + 1 })}`));
}
