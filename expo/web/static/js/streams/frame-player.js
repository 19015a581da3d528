// A player of somebody else in a frame. YouTube's says, in messages, whether it plays and, for live
// streams, when its picture was taken in; the others say nothing, so their usual delay is believed.
import { now } from '../socket.js';

const LOADING = 20_000, ASK = 1_000, RECENT = 120_000; // ms
const PAUSED = 2, ENDED = 0, PLAYING = 1; // states of YouTube's player

/** Put the player into a box. events.trouble() when it cannot be shown, events.ended() when it is over. */
export function framePlayer(box, source, events) {
  const address = new URL(source.embed), frame = document.createElement('iframe');
  const talks = source.provider === 'youtube';
  for (const [name, value] of [['autoplay', 1], ['mute', 1], ['muted', 1]]) address.searchParams.set(name, value);
  let state = null, anchor = null; // anchor: when the picture was taken in, and when that was said
  frame.src = address.href;
  frame.title = source.name;
  frame.allow = 'autoplay; encrypted-media; fullscreen; picture-in-picture';
  frame.allowFullscreen = true;
  frame.referrerPolicy = 'strict-origin-when-cross-origin';
  const late = setTimeout(() => events.trouble(), LOADING);
  const ask = () => frame.contentWindow?.postMessage(JSON.stringify({ event: 'listening', id: 1, channel: 'widget' }), address.origin);
  const asking = talks ? setInterval(ask, ASK) : 0;

  function hear(event) {
    if (event.source !== frame.contentWindow || event.origin !== address.origin || typeof event.data !== 'string') return;
    let told;
    try { told = JSON.parse(event.data); } catch { return; }
    if (told?.event === 'onError') events.trouble();
    if (told?.event !== 'infoDelivery' && told?.event !== 'initialDelivery') return;
    clearInterval(asking);
    const info = told.info ?? {};
    if (Number.isInteger(info.playerState)) {
      if (state === PLAYING && info.playerState === ENDED) events.trouble();
      state = info.playerState;
    }
    // Not in YouTube's documentation: believed only while it makes sense.
    const taken = Number(info.progressState?.ingestionTime) * 1000, age = now() - taken;
    if (taken && age > 0 && age < RECENT) anchor = { taken, said: performance.now() };
    else if (info.progressState) anchor = null;
  }

  addEventListener('message', hear);
  frame.addEventListener('load', () => { clearTimeout(late); if (talks) ask(); });
  box.append(frame);
  return {
    delay: source.delay * 1000,
    playing: () => (anchor ? anchor.taken + (state === PLAYING ? performance.now() - anchor.said : 0) : null),
    isPaused: () => state === PAUSED,
    focus: () => frame.focus(),
    destroy() {
      clearTimeout(late);
      clearInterval(asking);
      removeEventListener('message', hear);
      frame.remove();
    },
  };
}
