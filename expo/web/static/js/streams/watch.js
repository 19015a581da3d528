// Watching: nothing is asked of anybody else before its button was pressed, on this device once for all
// if so wished; when a source stops the next one follows. The ballot never depends on any of this.
import { announce, fill, kept } from '../words.js';
import * as time from './programme-time.js';

const KEY = 'sawt.watching'; // { allowed: [provider or host], saver, captions }
const SETTLED = 4_000; // ms: a source that stops before it ran so long has not been of use
const COUNT = 1_000; // ms between two tellings of the delay
const OVER = ['ended', 'published', 'cancelled', 'postponed'];

const granted = new Set(); // asked and pressed in this page
let root, words, sources, box, tools, player = null, at = -1, round = new Set(), ran = 0, made = 0, saver, isOver = false, wasLive = false;

const $ = name => root.querySelector(`[data-${name}]`);
const tool = name => tools.querySelector(`[data-do=${name}]`);
const mine = () => kept.get(KEY) ?? {};
const remember = values => kept.set(KEY, { ...mine(), ...values });
const of = source => (source.hls ? source.host : source.provider);
const say = (key, values) => fill(words[key], values);
const allowed = source => granted.has(of(source)) || (mine().allowed ?? []).includes(of(source));
const isPressed = name => tool(name).getAttribute('aria-pressed') === 'true';
const press = (name, on) => tool(name).setAttribute('aria-pressed', String(on));

/** Take the picture away, and all that loads it; from now on this device goes by the hall. */
function stop() {
  made++;
  player?.destroy();
  player = null;
  time.follow(null);
  box?.remove();
  box = null;
  tools.hidden = true;
  $('ask').hidden = isOver;
}

function trouble(text) {
  $('trouble').hidden = !text;
  $('trouble').textContent = text ?? '';
}

async function play(n) {
  stop();
  const source = sources[n], own = made;
  at = n;
  ran = Date.now();
  box = document.createElement('div');
  box.className = 'player';
  root.prepend(box);
  $('ask').open = false;
  $('ask').hidden = true;
  tools.hidden = false;
  for (const one of ['sound', 'saver']) tool(one).hidden = !source.hls;
  tool('captions').hidden = true;
  tool('next').hidden = sources.length < 2;
  press('sound', false);
  press('saver', saver);
  const events = {
    trouble() { if (own === made) fall(); },
    fine() { if (own === made && !$('trouble').hidden) { trouble(null); round = new Set(); } },
    tracks(some) { if (own === made) { tool('captions').hidden = !some; if (some) caption(mine().captions ?? true); } },
  };
  try {
    const started = source.hls
      ? await (await import('./hls-player.js')).hlsPlayer(box, source, events, { saver })
      : (await import('./frame-player.js')).framePlayer(box, source, events);
    if (own !== made) { started.destroy(); return; }
    player = started;
    time.follow(player);
  } catch { events.trouble(); }
}

/** The next source that may be asked; without one it is said, and voting goes on. */
function fall() {
  const last = at;
  if (Date.now() - ran > SETTLED) round = new Set();
  round.add(last);
  stop();
  trouble(say('stopped'));
  announce(say('stopped'));
  const order = sources.map((_, n) => (last + 1 + n) % sources.length);
  const next = order.find(n => !round.has(n) && allowed(sources[n]));
  if (next !== undefined) play(next);
  else $('ask').open = true;
}

function caption(on) {
  press('captions', on);
  player?.captions?.(on);
}

const DOES = {
  captions() { caption(!isPressed('captions')); remember({ captions: isPressed('captions') }); },
  sound() { press('sound', !isPressed('sound')); player?.soundOnly?.(isPressed('sound')); },
  saver() { saver = !saver; press('saver', saver); remember({ saver }); player?.save?.(saver); },
  next() {
    const n = (at + 1) % sources.length;
    trouble(null);
    if (allowed(sources[n])) play(n);
    else { stop(); $('ask').open = true; $('ask').querySelectorAll('[data-play]')[n].focus(); }
  },
  hall() { trouble(null); stop(); announce(say('inHall')); $('ask').firstElementChild.focus(); },
};

function tell() {
  const ms = time.behind(), out = tools.querySelector('[data-behind]');
  out.hidden = !player;
  if (player) out.textContent = ms === null ? say('behindAbout', { n: Math.round(player.delay / 1000) }) : say('behind', { n: Math.max(0, Math.round(ms / 1000)) });
}

function pressed(event) {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.play !== undefined) {
    const n = Number(button.dataset.play), who = of(sources[n]);
    granted.add(who);
    if ($('remember').checked) remember({ allowed: [...(mine().allowed ?? []).filter(one => one !== who), who] });
    round = new Set();
    trouble(null);
    play(n).then(() => player?.focus());
  } else if (button.dataset.do) DOES[button.dataset.do]();
  else if (button.dataset.go !== undefined) {
    time.release();
    const vote = document.getElementById('ballot');
    vote?.scrollIntoView({ block: 'start' });
    vote?.querySelector('h2, h1')?.focus();
  }
}

/** A session that is over takes its picture with it: nothing goes on talking in a pocket. */
export function board({ now: on, statuses }) {
  if (on === root.dataset.session) wasLive = true;
  else if (wasLive && OVER.includes(statuses[root.dataset.session])) over();
}

function over() {
  wasLive = false;
  if (!player) return;
  isOver = true;
  stop();
  trouble(say('over'));
}

/**
 * Begin on a page with streams.
 * @param send Takes samples of the delay to the server; absent where nobody asks for them.
 */
export function begin(element, send) {
  root = element;
  sources = JSON.parse(root.dataset.watch);
  tools = $('tools');
  saver = mine().saver ?? navigator.connection?.saveData === true;
  words = JSON.parse(root.dataset.words);
  wasLive = root.dataset.live === 'yes';
  root.addEventListener('click', pressed);
  time.waiting(some => {
    $('waiting').hidden = !some;
    if (some) announce(say('openNow'));
  });
  setInterval(tell, COUNT);
  if (send) time.report(root.dataset.session, send);
  const first = sources.findIndex(allowed);
  if (first >= 0 && !saver && root.dataset.live === 'yes') play(first);
  return { inTime: time.inTime, board };
}
