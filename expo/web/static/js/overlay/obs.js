// OBS from inside the overlay: where its browser source lets a page switch scenes, the show's moments do.
// It never starts or stops the stream. A scene the operator picks by hand stays until the next item.
const EVERY = 10_000; // ms between two reports

const MOMENTS = { turnout: 'open', live: 'open', closed: 'results', reveal: 'results', final: 'results', join: 'break', break: 'break', black: 'break' };
const obs = window.obsstudio;

let item = '', heldFor = null, pending = null, onAir = '', streaming = null, suggests = null;
let tell = () => {};

/** The moment of the show a frame stands for; the map of the device names OBS's scenes by it. */
export const momentOf = frame => MOMENTS[frame.scene] ?? 'session';

const report = () => ({ type: 'obs', scene: onAir.slice(0, 128), suspended: heldFor !== null, streaming, suggests });

/** Hear from the page how to tell the server; quiet where OBS is not around. */
export function obsReport(send) {
  if (!obs) return;
  tell = () => send(report());
  setInterval(tell, EVERY);
}

/** Do what the device's settings say about this frame. */
export function follow(frame, device) {
  if (!obs?.setCurrentScene || !frame || !device) return;
  const now = frame.session?.id ?? '';
  if (item !== now) { item = now; heldFor = null; }
  const want = device.obs_by === 'page' ? device.scenes[momentOf(frame)] ?? '' : '';
  suggests = device.mode !== 'off' && want && want !== onAir ? want : null;
  if (device.mode === 'auto' && suggests && heldFor === null && pending !== want) {
    pending = want;
    obs.setCurrentScene(want);
  }
  tell();
}

function changed(name) {
  onAir = name;
  if (name !== pending) heldFor = item;
  pending = null;
  if (name === suggests) suggests = null;
  tell();
}

if (obs) {
  addEventListener('obsSceneChanged', event => changed(event.detail?.name ?? ''));
  addEventListener('obsStreamingStarted', () => { streaming = true; tell(); });
  addEventListener('obsStreamingStopped', () => { streaming = false; tell(); });
  obs.getCurrentScene?.(scene => { onAir = scene?.name ?? ''; tell(); });
  obs.getStatus?.(status => { streaming = Boolean(status?.streaming); tell(); });
}
