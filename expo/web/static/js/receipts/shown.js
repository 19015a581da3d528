// What was found out about a receipt, as sentences: one line for each thing looked at.
import { clock, fill, isolate, say, words } from '../words.js';

/** An element of this name with this class and text. */
export function element(name, kind, text = '') {
  const found = document.createElement(name);
  if (kind) found.className = kind;
  found.textContent = text;
  return found;
}

/** What was found ([kind, heading, explanation]) as a note. */
export function finding([kind, heading, more], values = {}) {
  const note = element('div', kind === 'warn' ? 'note' : `note ${kind}`), body = element('span', '');
  body.append(element('b', '', fill(heading, values)));
  if (more) body.append(document.createElement('br'), fill(more, values));
  note.append(body);
  return note;
}

/** Where the receipt stands in the ledger, from what `standing` found. */
export function sealNote(found, receipt) {
  const time = receipt.included_by ? isolate(clock(receipt.included_by)) : '';
  const note = finding(words.seal[found.seal], { time });
  const { index, size, root } = found;
  if (root) note.firstChild.append(document.createElement('br'), element('small', 'place', say('place', { index, size, root: isolate(root.slice(0, 16)) })));
  if (found.stored) note.firstChild.append(document.createElement('br'), element('small', '', say('stored')));
  return note;
}

/** The server's clock now, in ms: what the page said when it came, and the time since. */
export const serverNow = () => Date.parse(words.now) + performance.now();
