// Programme time: what happens in the hall is shown when this device's picture shows it.
// Frames about the contest wait for the picture in the order in which they came. Whoever has no picture
// is taken to be in the hall: nothing waits. The server's clock alone decides what still counts.
import { now } from '../socket.js';

export const MOST = 45_000; // ms: no ballot is held back longer
const EVERY = 10_000, TICK = 100; // ms between two samples of the delay, and two looks at the picture
const FARTHEST = 120_000; // a picture farther behind is rewound, and tells nothing about the stream

let player = null, queue = [], told = false;
let onWaiting = () => {};

/** The moment of the hall this device sees, in ms since 1970; null where the player cannot tell. */
export const playing = () => player?.playing() ?? null;

/** How far behind the hall the picture is, in ms: as measured, else null. */
export function behind() {
  const at = playing();
  return at === null || player.isPaused() ? null : now() - at;
}

/** Go by this player's picture; null: go by the hall. The player has playing(), isPaused() and delay (ms). */
export function follow(next) {
  player = next;
  look();
}

/** Show everything that waits, now. */
export function release() {
  const all = queue;
  queue = [];
  all.forEach(one => one.show(one.frame));
  if (told) onWaiting(told = false);
}

/** Whether a picture has reached a moment of the hall; a player that cannot tell is taken at its usual delay. */
function isReached(at) {
  const since = now() - at;
  if (!player || since >= MOST) return true;
  const seen = player.playing();
  return seen === null ? since >= player.delay : seen >= at;
}

function look() {
  while (queue.length && isReached(queue[0].at)) {
    const { frame, show } = queue.shift();
    show(frame);
  }
  const waits = queue.length > 0 && queue[0].frame.phase === 'open' && player.isPaused();
  if (waits !== told) onWaiting(told = waits);
}

/** Show a contest frame when its cue is in the picture; what has closed for good is never held back. */
export function inTime(frame, show) {
  const at = frame.cue_at ? Date.parse(frame.cue_at) : 0;
  if (frame.phase === 'closed' || frame.phase === 'reviewed') release();
  queue.push({ at, frame, show });
  look();
}

/** Be told when an opening waits for a picture that stands still, and when none does any more. */
export const waiting = listener => { onWaiting = listener; };

setInterval(look, TICK);

/** Tell the server every few seconds how far behind this picture is; it keeps a count by seconds and no more. */
export function report(session, send) {
  setInterval(() => {
    if (!player || player.isPaused()) return;
    const ms = behind();
    if (ms === null) send({ type: 'delay', session, ms: null });
    else if (ms > -FARTHEST && ms < FARTHEST) send({ type: 'delay', session, ms: Math.max(0, Math.round(ms)) });
  }, EVERY);
}
