// The player, put into the page only after its button was pressed.
export function play(button) {
  const frame = document.createElement('iframe'), box = document.createElement('div');
  const options = new URLSearchParams({ enablejsapi: 1, origin: location.origin, playsinline: 1, autoplay: 1, mute: 1, rel: 0, cc_load_policy: 1 });
  frame.src = `https://www.youtube-nocookie.com/embed/${encodeURIComponent(button.dataset.embed)}?${options}`;
  frame.title = button.textContent;
  frame.allow = 'autoplay; encrypted-media; fullscreen; picture-in-picture';
  frame.allowFullscreen = true;
  frame.referrerPolicy = 'strict-origin-when-cross-origin';
  box.className = 'player';
  box.append(frame);
  button.closest('.stagecard').prepend(box);
  button.closest('details').remove();
  frame.focus();
}
