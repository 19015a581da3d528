// The overlay: shows what the show is at over a stream's picture. It never says that something is wrong:
// without a line what grows old fades first, and later everything; with the line it is right at once.
import { fill, identity, pill } from '../scenes.js';
import { connect, learn, now } from '../socket.js';
import { lang, left } from '../words.js';
import { follow, obsReport } from './obs.js';

const BEAT = 10_000; // ms between two beats
const FADES = 10_000; // ms without a line after which counts and clocks fade
const GONE = 60_000; // and what stays true for longer, e.g. a name
const AGAIN = 20_000; // ms between two tries to be let in anew
const RETRY = 2_000; // ms at most between two tries to reach the server

const html = document.documentElement, over = document.getElementById('over'), flash = document.getElementById('flash');
const { screen, parts, scenes, motion } = document.body.dataset;
const wanted = new Set(parts.split(' ')), only = scenes ? scenes.split(' ') : [];
const still = matchMedia('(prefers-reduced-motion: reduce)');
const view = `overlay-${lang}`;

let shown = null, downSince = 0, catching = true, device = null;

/** Whether there is something to say in a part. */
function has(name, frame) {
  switch (name) {
    case 'latest': return frame.reveal?.places.length > 0;
    case 'final': return frame.final?.length > 0;
    case 'tally': return frame.tally?.rows.length > 0;
    case 'turnout': return frame.turnout && !frame.tally?.rows.length;
    case 'pill': return frame.contest && frame.contest.phase in { open: 1, paused: 1, closing: 1 };
    default: return Boolean(frame[name]);
  }
}

function show(frame, calm) {
  const quiet = calm || motion === 'off' || still.matches || frame.motion === false;
  html.dataset.motion = quiet ? 'off' : 'on';
  const isNew = !shown || identity(frame) !== identity(shown);
  const isThere = !only.length || only.includes(frame.scene);
  for (const el of over.querySelectorAll('[data-part]')) {
    const was = el.hidden;
    el.hidden = !(isThere && wanted.has(el.dataset.part) && el.dataset.in.split(' ').includes(frame.scene) && has(el.dataset.needs, frame));
    el.classList.toggle('come', !quiet && !el.hidden && (was || isNew));
  }
  fill(over, frame, quiet);
  pill(document.getElementById('pill'), frame);
  shown = frame;
  tick();
}

function tick() {
  for (const el of document.querySelectorAll('[data-until]')) el.textContent = left(Date.parse(el.dataset.until) - now());
  const away = downSince ? Date.now() - downSince : 0;
  over.classList.toggle('stale', away > FADES);
  over.classList.toggle('lost', away > GONE);
  flash.hidden = !(device?.flash === `${screen}/${view}` && Date.parse(device.flash_until) > now());
}
setInterval(tick, 250);

/** Open the page again, with the key in its address, once the server answers. */
async function enter() {
  try {
    const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
    if (answer.ok) location.reload();
  } catch { /* not there yet */ }
}

const beat = () => shown && { type: 'beat', scene: shown.scene, version: shown.version };
const line = connect(`/live/screen/${encodeURIComponent(screen)}/${view}`, {
  status(name) {
    if (name === 'open') catching = true;
    else if (!downSince) downSince = Date.now();
    if (name === 'ended') setInterval(enter, AGAIN);
    tick();
  },
  stage(frame) {
    if (frame.contest) learn(frame.contest.server_at);
    downSince = 0;
    show(frame, catching);
    catching = false;
    line.send(beat());
    follow(frame, device);
  },
  device(frame) {
    device = frame;
    document.getElementById('flash-name').textContent = screen;
    document.getElementById('flash-title').textContent = frame.title;
    tick();
    follow(shown, device);
  },
}, { probe: beat, slowest: RETRY });
setInterval(() => line.send(beat()), BEAT);
obsReport(report => line.send(report));

const first = JSON.parse(document.getElementById('stage').textContent);
if (first.contest) learn(first.contest.server_at);
show(first, true);
