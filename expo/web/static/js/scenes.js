// What each scene of the stage says, from one whole frame; the markup is in the page's templates.
import { bars } from './live-bars.js';
import { clock, count, lang, number, say, text, words } from './words.js';

const share = thousandths => `${number(Math.floor((thousandths + 5) / 10))}%`;
const fine = thousandths => `${(thousandths / 10).toFixed(1)}%`;
const sorted = places => [...places].sort((a, b) => a.rank - b.rank);
const strip = url => url.replace(/^https?:\/\//, '');

const TOP = 3; // rows over a picture

// --- words ---

const entity = session => session?.entity && text(session.entity) !== text(session.title) ? text(session.entity) : '';

/** Plain texts by the name of their place in the template. */
function texts(frame) {
  const { session, next, code, url, turnout, contest } = frame;
  const ballots = turnout?.ballots ?? 0;
  const shown = frame.scene === 'break' ? null : session;
  const about = shown ?? next;
  const all = frame.final ? sorted(frame.final) : [];
  const hidden = frame.reveal ? frame.reveal.total - frame.reveal.places.length : 0;
  return {
    title: about ? text(about.title) : words.welcome,
    by: entity(about),
    when: shown ? (contest?.phase === 'open' ? words.open : words.soon) : next ? say('nextAt', { time: clock(next.starts_at) }) : '',
    host: strip(code ? url.slice(0, -code.length - 1) : url),
    code: code ?? '',
    root: frame.root?.replace(/.{4}(?=.)/g, '$& ') ?? '',
    ballots: number(ballots), ballotsWord: count('ballots', ballots), countedWord: count(contest?.phase === 'closing' ? 'ballots' : 'counted', ballots), // the last ones are still on their way
    hidden: number(hidden), hiddenWord: count('left', hidden),
    first: all[0]?.ids.length > 1 ? words.jointFirst : words.first,
    winnerBy: all[0] ? [...new Set(all[0].entities.map(text)), ...samples(frame, all[0].ids)].join(' · ') : '',
    support: all[0] ? share(all[0].support) : '',
    pause: next ? words.resume : words.thanks,
    time: next ? clock(next.starts_at) : '',
    nextTitle: next ? text(next.title) : words.over,
    nextBy: entity(next),
    nextWhen: next ? say('nextAt', { time: clock(next.starts_at) }) : '',
    winnerName: all[0]?.titles.map(text).join(' · ') ?? '',
    question: frame.question?.text ?? '',
    ...latest(frame),
  };
}

/** The place revealed last; nothing of those that are still hidden. */
function latest(frame) {
  const place = sorted(frame.reveal?.places ?? [])[0];
  if (!place) return {};
  return {
    latestPlace: [say('place', { n: number(place.rank) }), ...(place.ids.length > 1 ? [words.joint] : [])].join(' · '),
    latestName: place.titles.map(text).join(' · '),
    latestBy: [...new Set(place.entities.map(text)), ...samples(frame, place.ids)].join(' · '),
  };
}

/** What stands at the foot. */
function foot(frame) {
  if (frame.scene === 'live') return frame.tally?.rows.length ? words.provisional : words.few;
  if (frame.scene === 'turnout') return frame.contest?.visibility === 'live' ? words.provisional : words.hiddenUntil;
  if (frame.scene === 'reveal') return words.bars;
  if (frame.scene === 'final') return `${words.bars} · ${words.published}`;
  return `\u2066${strip(frame.url)}\u2069`; // an address reads from the left in every language
}

// --- lists ---

function items(list, names) {
  const said = JSON.stringify(names);
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.classList.toggle('two', names.length > 4);
  list.replaceChildren(...names.map(([one, tag]) => {
    const li = document.createElement('li'), bdi = document.createElement('bdi');
    bdi.textContent = one;
    li.append(bdi);
    if (tag) {
      const small = document.createElement('small');
      small.textContent = tag;
      li.append(' ', small);
    }
    return li;
  }));
}

function groups(list, turnout) {
  const shown = Object.entries(turnout?.by_electorate ?? {});
  list.replaceChildren(...shown.flatMap(([id, n]) => {
    const box = document.createElement('div'), dt = document.createElement('dt'), dd = document.createElement('dd');
    dt.textContent = words.groups[id] ?? id;
    dd.textContent = number(n);
    dd.className = 'num';
    box.append(dt, dd);
    return [box];
  }));
}

/** The word behind invented content, wherever it is named. */
const samples = (frame, ids) => (frame.options.some(option => option.sample && ids.includes(option.id)) ? [words.sample] : []);
const placeRow = (frame, place, most, entities) => ({
  rank: number(place.rank), names: place.titles.map(text), value: share(place.support), part: place.support / most,
  small: [...(place.ids.length > 1 ? [words.joint] : entities ? [text(place.entities[0])] : []), ...samples(frame, place.ids)],
});
/** Whether a row must say whose it is: in most sessions everything belongs to one entity. */
const mixed = frame => new Set(frame.options.map(option => option.entity.en)).size > 1;

function running(frame) {
  const named = new Map(frame.options.map(option => [option.id, option]));
  const rows = frame.tally?.rows ?? [];
  if (!rows.length) return frame.options.map(option => ({ key: option.id, rank: '', names: [text(option.title)], small: samples(frame, [option.id]), part: 0 }));
  const most = Math.max(1, ...rows.map(row => row.support));
  return [...rows].sort((a, b) => a.rank - b.rank).map(row => ({
    key: row.id, rank: number(row.rank), names: [text(named.get(row.id)?.title ?? { ar: row.id, en: row.id })],
    small: samples(frame, [row.id]), value: fine(row.support), part: row.support / most, lead: row.rank === 1,
  }));
}

const short = (frame, id) => {
  const option = frame.options.find(one => one.id === id);
  return option ? text(option.short) || text(option.title) : id;
};

/** Rows of the reveal by position; hidden ones carry nothing, and a rank only where it is certain. */
function revealed(frame) {
  const { total, places } = frame.reveal ?? { total: 0, places: [] };
  const shown = sorted(places), left = total - shown.length;
  const certain = shown.length ? shown[0].rank === left + 1 : total === frame.options.length;
  const hidden = Array.from({ length: Math.max(0, left) }, (_, at) => ({ key: `p${at}`, rank: certain ? number(at + 1) : '', hidden: true }));
  const most = Math.max(1000, ...places.map(place => place.support)); // of what is hidden nothing may be guessed
  return [...hidden, ...shown.map((place, at) => ({ ...placeRow(frame, place, most, mixed(frame)), key: `p${left + at}`, now: at === 0, lead: at === 0 }))];
}

function rest(frame) {
  const all = sorted(frame.final ?? []);
  const most = Math.max(1, ...all.map(place => place.support));
  return all.slice(1).map(place => ({ ...placeRow(frame, place, most, false), key: place.ids.join() }));
}

/** The winner; several share the place on a line each. */
function winner(el, names) {
  const said = names.join();
  if (el.dataset.said === said) return;
  el.dataset.said = said;
  el.replaceChildren(...names.map(one => {
    const line = document.createElement('bdi');
    line.textContent = one;
    return line;
  }));
  el.style.setProperty('--fit', scale(Math.max(0, ...names.map(one => one.length)) * (names.length > 1 ? 1.2 + names.length * .3 : 1)));
}

// --- putting it there ---

const SIZES = [[26, 1], [44, .84], [72, .68], [120, .54]]; // longest text for each scale of a title
const scale = length => SIZES.find(([most]) => length <= most)?.[1] ?? .44;

function put(el, value) {
  if (el.textContent === value) return;
  el.textContent = value;
  if ('fit' in el.dataset) el.style.setProperty('--fit', scale(value.length));
}

const lists = {
  bars: (el, frame, calm) => bars(el, running(frame), calm),
  places: (el, frame, calm) => bars(el, revealed(frame), calm),
  winner: (el, frame) => winner(el, sorted(frame.final ?? [])[0]?.titles.map(text) ?? []),
  top: (el, frame, calm) => bars(el, running(frame).slice(0, TOP).map(row => ({ ...row, names: [short(frame, row.key)] })), calm),
  rest: (el, frame, calm) => bars(el, rest(frame), calm),
  inits: (el, frame) => items(el, frame.options.map(option => [text(option.title), option.sample ? words.sample : ''])),
  groups: (el, frame) => groups(el, frame.turnout),
};

/** Fill a scene with a frame; what is already there and right is left alone. */
export function fill(scene, frame, calm) {
  const said = texts(frame);
  const has = { code: frame.code, question: frame.question, root: frame.root, next: frame.next, hidden: frame.reveal && frame.reveal.total > frame.reveal.places.length };
  for (const el of scene.querySelectorAll('[data-when]')) el.hidden = !has[el.dataset.when];
  for (const el of scene.querySelectorAll('[data-f]')) {
    const name = el.dataset.f;
    if (name === 'qr') {
      const src = frame.code ? `/qr/${frame.code}.svg` : '/qr.svg';
      if (el.getAttribute('src') !== src) el.src = src;
    } else if (name === 'check') {
      const src = `/${lang}/results/${encodeURIComponent(frame.contest?.contest ?? '')}/qr.svg`;
      if (frame.root && el.getAttribute('src') !== src) el.src = src;
    } else if (lists[name]) lists[name](el, frame, calm);
    else put(el, said[name] ?? '');
  }
}

/** A scene as new elements, empty. */
export const blank = name => document.getElementById(`s-${name}`).content.cloneNode(true);

/** What makes two frames the same scene of the same thing. */
export const identity = frame => `${frame.scene} ${frame.session?.id ?? ''} ${frame.scene === 'break' ? frame.next?.id ?? '' : ''}`;

const PILLS = { open: 'open', paused: 'paused', closing: 'closing', closed: 'closed', reviewed: 'closed', revealing: 'revealing', published: 'final', amended: 'final' };
const ICONS = { open: 'open', paused: 'paused', closing: 'open', closed: 'closed', revealing: 'trophy', final: 'trophy' };

/** The pill at the top: how voting stands, and until when. */
export function pill(el, frame) {
  const name = frame.scene === 'break' ? '' : PILLS[frame.contest?.phase] ?? '';
  const until = name === 'open' ? frame.contest.closes_at : name === 'closing' ? frame.contest.hard_close_at : '';
  const said = `${name} ${until}`;
  if (el.dataset.said === said) return;
  el.dataset.said = said;
  el.hidden = !name;
  if (!name) return;
  el.className = `pill ${name}`;
  const label = document.createElement('span');
  label.textContent = words[name];
  el.replaceChildren(document.querySelector('#icons').content.querySelector(`[data-icon=${ICONS[name]}]`).cloneNode(true), label);
  if (!until) return;
  const timer = document.createElement('bdi');
  timer.className = 'num ltr';
  timer.dataset.until = until;
  timer.setAttribute('role', 'timer');
  timer.setAttribute('aria-live', 'off');
  el.append(timer);
}

/** The lines that stand on every scene. */
export function frameLines(frame) {
  const title = words.dayTitles[frame.day];
  const day = title || say('day', { n: number(frame.day) });
  const about = frame.scene !== 'break' && frame.session ? text(frame.session.entity ?? frame.session.title) : '';
  return { sub: [day, about].filter(Boolean).join(' · '), foot: foot(frame) };
}
