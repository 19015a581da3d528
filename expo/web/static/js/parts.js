// Parts of a page made anew by the server: fetched as a document, never as text, and put in place.

const wait = 10_000; // ms after which a silent server counts as gone

/** Ask the server for a page; a parsed document, or null when there was none. Scripts in it never run. */
export function page(method, url, body = null) {
  return new Promise(resolve => {
    const ask = new XMLHttpRequest();
    ask.open(method, url);
    ask.responseType = 'document';
    ask.timeout = wait;
    ask.setRequestHeader('Accept', 'text/html');
    ask.onload = () => resolve(ask.response);
    ask.onerror = ask.ontimeout = ask.onabort = () => resolve(null);
    ask.send(body);
  });
}

// What is unfolded is remembered with what it is about: a session that has ended folds by itself.
const key = one => `${one.id} ${one.parentElement.className}`;
const openOnes = part => new Map([...part.querySelectorAll('details[id]')].map(one => [key(one), one.open]));

/** Put one part in the place of the other; what was unfolded and what had the focus stay. */
function put(old, fresh) {
  const kept = openOnes(old), focus = old.contains(document.activeElement) ? document.activeElement.id : '';
  for (const one of fresh.querySelectorAll('details[id]')) if (kept.has(key(one))) one.open = kept.get(key(one));
  old.replaceWith(document.adoptNode(fresh));
  if (!focus) return;
  const again = document.getElementById(focus);
  if (again) again.focus({ preventScroll: true });
  else fresh.querySelector('h2')?.closest('[data-part]')?.querySelector('button, a, summary')?.focus({ preventScroll: true });
}

/**
 * Take every [data-part] of a fresh page over into this one.
 * keep(old, fresh) says which part must stay as it is for now. Returns whether the page had any.
 */
export function take(fresh, keep = () => false) {
  const parts = fresh?.querySelectorAll('[data-part]') ?? [];
  for (const part of parts) {
    const old = document.getElementById(part.id);
    if (old && !old.isEqualNode(part) && !keep(old, part)) put(old, part);
  }
  return parts.length > 0;
}
