// A projector: shows the last whole state it was told, keeps it when the line is lost, never replays.
import { blank, fill, frameLines, identity, pill } from './scenes.js';
import { connect, learn, now } from './socket.js';
import { clock, count, left, say, words } from './words.js';

const BEAT = 10_000; // ms between two beats
const RETRY = 2_000; // ms at most between two tries to reach the server
const GONE = 60_000; // ms without a line after which the operator's dot appears

const html = document.documentElement, main = document.getElementById('scene'), st = document.getElementById('st');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const exactFormat = new Intl.DateTimeFormat('en-GB-u-nu-latn', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone: html.dataset.zone || undefined });

let device = null, shown = null, updated = 0, downSince = 0, catching = true;

// --- showing ---

/** Show a frame; calm: at once, as after a time without a line. */
function show(frame, calm) {
  const quiet = calm || still.matches || frame.motion === false;
  html.dataset.motion = quiet ? 'off' : 'on';
  if (!shown || identity(frame) !== identity(shown)) {
    main.replaceChildren(blank(frame.scene));
    main.className = `scene-${frame.scene}`;
    if (!quiet) main.firstElementChild.classList.add('enter');
    st.dataset.scene = frame.scene;
  }
  fill(main, frame, quiet);
  pill(document.getElementById('pill'), frame);
  const late = document.getElementById('late');
  late.hidden = !frame.held && !frame.late_minutes;
  late.textContent = frame.held ? words.held : count('late', frame.late_minutes);
  const lines = frameLines(frame);
  for (const name of ['sub', 'foot']) document.getElementById(name).textContent = lines[name];
  shown = frame;
  tick();
  if (calm && !still.matches && frame.motion !== false) requestAnimationFrame(() => requestAnimationFrame(() => { html.dataset.motion = 'on'; }));
}

function tick() {
  for (const el of document.querySelectorAll('[data-until]')) el.textContent = left(Date.parse(el.dataset.until) - now());
  const seen = document.getElementById('seen');
  const said = downSince ? say('seen', { time: `\u2066${exactFormat.format(updated)}\u2069` }) : clock(now());
  if (seen.textContent !== said) seen.textContent = said;
  document.getElementById('flash').hidden = !(device?.flash === device?.screen && Date.parse(device?.flash_until) > now());
  document.getElementById('gone').hidden = !downSince || Date.now() - downSince < GONE;
}
setInterval(tick, 250);

// --- the line ---

const beat = () => shown && { type: 'beat', scene: shown.scene, version: shown.version };
const line = connect(`/live/screen/${encodeURIComponent(document.body.dataset.screen)}`, {
  status(name) {
    if (name === 'open') catching = true;
    else if (!downSince) downSince = Date.now();
    tick();
  },
  stage(frame) {
    if (frame.contest) learn(frame.contest.server_at);
    downSince = 0;
    updated = now();
    show(frame, catching);
    catching = false;
    line.send(beat());
  },
  device(frame) {
    device = frame;
    document.getElementById('flash-title').textContent = frame.title;
    tick();
  },
}, { probe: beat, slowest: RETRY });
setInterval(() => line.send(beat()), BEAT);

const first = JSON.parse(document.getElementById('stage').textContent);
if (first.contest) learn(first.contest.server_at);
updated = now();
show(first, true);
