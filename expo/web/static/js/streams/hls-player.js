// An HLS stream in the page's own player. Its playlist may tell the time of every moment of it.
const AGAIN = 2_000, TRIES = 3, STILL = 12_000; // ms until the next try, how many, and how long a picture may stand
const WORKER = new URL('../../vendor/hls/hls.worker.js', import.meta.url).href;
const SETTINGS = { liveSyncDurationCount: 2, liveMaxLatencyDurationCount: 8, maxLiveSyncPlaybackRate: 1.1, backBufferLength: 30, workerPath: WORKER };

// The player starts its worker by a bare address: the page's policy allows that for this one file.
globalThis.trustedTypes?.createPolicy?.('default', { createScriptURL: address => (address === WORKER ? address : null) });

/**
 * Play a stream in a box. events.trouble() when it has stopped, events.fine() when it runs, events.tracks(bool)
 * when captions come or go. options.saver: as little data as there is.
 */
export async function hlsPlayer(box, source, events, { saver }) {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, controls: true, autoplay: true });
  video.setAttribute('aria-label', source.name);
  box.append(video);
  const { default: Hls } = await import('../../vendor/hls/hls.js');
  const player = Hls.isSupported() ? byHls(Hls, video, source.hls, events) : byItself(video, source.hls, events);
  let moved = Date.now(), gone = false;
  const watch = setInterval(() => { if (!video.paused && Date.now() - moved > STILL) { moved = Date.now(); events.trouble(); } }, 1_000);
  video.addEventListener('timeupdate', () => { moved = Date.now(); events.fine(); });
  video.textTracks.addEventListener?.('addtrack', () => events.tracks(captions().length > 0));
  const captions = () => [...video.textTracks].filter(one => one.kind === 'captions' || one.kind === 'subtitles');
  video.play().catch(() => { /* the viewer presses play */ });
  player.save(saver);

  return {
    delay: source.delay * 1000,
    playing: player.playing,
    isPaused: () => video.paused && !gone,
    focus: () => video.focus(),
    /** Captions on or off; the first language there is, or the page's. */
    captions(on) {
      const all = captions(), own = all.find(one => one.language.startsWith(document.documentElement.lang)) ?? all[0];
      for (const one of all) one.mode = on && one === own ? 'showing' : 'disabled';
    },
    /** The sound without the picture, by the lightest form of the stream. */
    soundOnly(on) {
      box.classList.toggle('sound', on);
      player.sound(on);
    },
    save: player.save,
    destroy() {
      gone = true;
      clearInterval(watch);
      player.destroy();
      video.pause();
      video.removeAttribute('src');
      video.load();
      video.remove();
      box.classList.remove('sound');
    },
  };
}

function byHls(Hls, video, address, events) {
  const hls = new Hls(SETTINGS);
  let tries = 0, saver = false, sound = false, timer = 0;
  /** Levels go from light to heavy; the lightest may have no picture at all. */
  const choose = () => { hls.autoLevelCapping = saver || sound ? 0 : -1; hls.nextLevel = saver || sound ? 0 : -1; };
  hls.on(Hls.Events.MANIFEST_PARSED, choose);
  hls.on(Hls.Events.FRAG_BUFFERED, () => { tries = 0; });
  hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, (_, { subtitleTracks }) => events.tracks(subtitleTracks.length > 0));
  hls.on(Hls.Events.ERROR, (_, problem) => {
    if (!problem.fatal) return;
    if (++tries > TRIES) { events.trouble(); return; }
    if (problem.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else timer = setTimeout(() => hls.loadSource(address), AGAIN);
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  return {
    playing: () => hls.playingDate?.getTime() ?? null,
    save(on) { saver = on; choose(); },
    sound(on) { sound = on; choose(); },
    destroy() { clearTimeout(timer); hls.destroy(); },
  };
}

/** Phones whose browser plays HLS without help; they choose how much they load. */
function byItself(video, address, events) {
  video.src = address;
  video.addEventListener('error', () => events.trouble());
  return {
    playing() {
      const start = video.getStartDate?.().getTime();
      return Number.isFinite(start) && start > 0 ? start + video.currentTime * 1000 : null;
    },
    save() {},
    sound() {},
    destroy() {},
  };
}
