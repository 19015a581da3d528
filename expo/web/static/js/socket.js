// One live connection: comes back with jitter, hands over whole states, keeps the server's time, says how it is.
import { announce, say } from './words.js';

const SLOWEST = 10_000, GROWTH = 1.7, GONE_FOR_GOOD = 4500;
const QUIET = 60_000; // without a frame for so long one asks
const ANSWER = 8_000; // and gives up on the connection after so long
const BANNER = 3_000; // nobody is told about a hiccup shorter than this

let offset = null;
const asks = document.getElementById('questions'); // when seen
if (asks) new IntersectionObserver(([one]) => one.isIntersecting && import('./questions.js').catch(() => 0)).observe(asks);

/** The server's time now, in ms since 1970. */
export const now = () => Date.now() + (offset ?? 0);

/** Learn the server's time: what it said is late by the way here, so the latest clock wins. */
export function learn(at) {
  const said = Date.parse(at) - Date.now();
  if (!Number.isNaN(said) && (offset === null || said > offset)) offset = said;
}

/**
 * Follow a path, e.g. /live/day.
 * handlers: frame type -> function(frame); also status('open' | 'down' | 'ended').
 * options.probe() gives a frame to send when the line has been quiet; without it nothing is asked.
 * Frames with a version or position older than one already seen are dropped; options.known holds the
 * versions the page itself was made from, since a room may still hold the state before. options.slowest
 * is the longest it waits before it tries again; screens are few and are watched by many.
 */
export function connect(path, handlers, { probe, known = {}, slowest = SLOWEST } = {}) {
  const seen = new Map(Object.entries(known));
  let socket = null, tries = 0, timer = 0, watch = 0, heard = 0, ended = false;

  const stale = frame => {
    const rank = frame.version ?? frame.position;
    if (typeof rank !== 'number') return false;
    const key = `${frame.type} ${frame.contest?.contest ?? frame.contest ?? ''}`;
    if (rank < (seen.get(key) ?? -1)) return true;
    seen.set(key, rank);
    return false;
  };
  const status = name => handlers.status?.(name);

  function open() {
    clearTimeout(timer);
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
    const mine = socket = new WebSocket(url);
    mine.onmessage = event => {
      heard = Date.now();
      let frame;
      try { frame = JSON.parse(event.data); } catch { return; }
      if (frame.type === 'hello') { tries = 0; offset = null; learn(frame.server_at); status('open'); }
      if (stale(frame)) return;
      handlers[frame.type]?.(frame);
      document.dispatchEvent(new CustomEvent(`frame:${frame.type}`, { detail: frame }));
    };
    mine.onclose = event => {
      if (mine !== socket) return;
      socket = null;
      if (event.code >= GONE_FOR_GOOD) { ended = true; status('ended'); return; }
      status('down');
      later();
    };
  }
  function later() {
    clearTimeout(timer);
    if (ended) return;
    const most = Math.min(slowest, 1000 * GROWTH ** tries++);
    timer = setTimeout(open, Math.random() * most);
  }
  function renew() {
    const old = socket;
    socket = null;
    tries = 0;
    old?.close();
    if (!ended) open();
  }
  function check() {
    if (!socket || socket.readyState !== WebSocket.OPEN || document.hidden) return;
    if (Date.now() - heard < QUIET) return;
    const asked = Date.now(), frame = probe?.();
    if (!frame) return;
    socket.send(JSON.stringify(frame));
    setTimeout(() => { if (heard < asked) renew(); }, ANSWER);
  }
  watch = setInterval(check, QUIET / 4);
  addEventListener('online', () => { if (!socket) renew(); else check(); });
  addEventListener('pageshow', event => { if (event.persisted) renew(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden && !ended) socket ? check() : renew(); });
  open();

  return {
    get isOpen() { return socket?.readyState === WebSocket.OPEN; },
    /** Send a frame; whether there was a line to send it on. */
    send(frame) {
      if (!this.isOpen) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    renew,
    close() { ended = true; clearInterval(watch); socket?.close(); },
  };
}

/** The banner of the connection (#conn): silent while all is well, says each change once. */
export function banner() {
  const box = document.getElementById('conn');
  let timer = 0, shown = '', was = 'open';
  const show = (key, tone = '') => {
    if (key === shown) return;
    shown = key;
    box.hidden = !key;
    box.className = `banner conn ${tone}`;
    box.querySelector('[data-h]').textContent = key ? say(key) : '';
    box.querySelector('[data-p]').textContent = key && key !== 'back' ? say(`${key}More`) : '';
    if (key && key !== 'slow') announce(say(key));
  };
  const settle = () => {
    clearTimeout(timer);
    if (was === 'ended') show('ended', 'err');
    else if (navigator.onLine === false) show('offline');
    else if (was === 'down') timer = setTimeout(() => show('reconnecting'), BANNER);
    else if (shown === 'offline' || shown === 'reconnecting') {
      show('back', 'ok');
      timer = setTimeout(() => show(''), 4000);
    } else if (shown !== 'slow') show('');
  };
  addEventListener('online', settle);
  addEventListener('offline', settle);
  return {
    status(name) {
      if (name === 'down' && was === 'down') return; // another vain try does not put the telling off
      was = name;
      settle();
    },
    slow(is) { if (is && !shown) show('slow'); else if (!is && shown === 'slow') show(''); },
  };
}
