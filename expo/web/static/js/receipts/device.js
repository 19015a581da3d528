// The receipts this device keeps. What stands in its storage is somebody else's writing until it has
// been read: what does not look like a receipt is left out, and never makes markup.
import { kept } from '../words.js';

const KEY = 'sawt.receipts', FRESH = 'sawt.fresh.', KEYS = 'sawt.keys';
const MOST = 40, MOST_KEYS = 64; // receipts and public keys kept; the oldest receipts go first
const STATUS = ['counted', 'quarantined', 'void'];

const is = {
  text: (value, most) => typeof value === 'string' && value.length <= most,
  list: (value, most, one) => Array.isArray(value) && value.length <= most && value.every(one),
  like: (value, form) => typeof value === 'string' && form.test(value),
  whole: (value, least) => Number.isSafeInteger(value) && value >= least,
};
const id = value => is.text(value, 64) && value.length > 0;
const at = value => is.text(value, 40) && !Number.isNaN(Date.parse(value));
const hash = value => is.like(value, /^[A-Za-z0-9+/]{43}=$/);
const none = value => value === null || value === undefined;
const proof = value => none(value) || (is.text(value.note, 2000) && is.whole(value.index, 0)
  && is.whole(value.size, 1) && is.list(value.path, 64, hash));
const SHAPE = {
  contest: id,
  tracker: value => is.like(value, /^[0-9A-HJKMNP-TV-Z]{16}$/),
  revision: value => is.whole(value, 1),
  ranking: value => is.list(value, 64, id),
  own: value => is.list(value, 64, id),
  electorate: value => is.text(value, 64),
  accepted_at: at,
  included_by: value => none(value) || at(value),
  status: value => STATUS.includes(value),
  nonce: value => none(value) || is.like(value, /^[A-Za-z0-9_-]{43}$/),
  leaf: value => none(value) || is.like(value, /^[0-9a-f]{64}$/),
  proof,
  title: value => none(value) || is.text(value, 300),
  names: value => none(value) || is.list(value, 64, one => is.text(one, 300)),
  differs: value => none(value) || is.like(value, /^[a-z]{1,20}$/),
  seal: value => none(value) || is.text(value, 8000),
};

/** The receipt in a value of unknown make, with nothing else in it; null where there is none. */
export function receiptIn(value) {
  if (typeof value !== 'object' || none(value)) return null;
  const found = {};
  for (const [name, fits] of Object.entries(SHAPE)) {
    if (!Object.hasOwn(value, name) && none(value[name])) found[name] = null;
    else found[name] = value[name];
    try { if (!fits(found[name])) return null; } catch { return null; }
  }
  return found;
}

const same = (one, other) => one.tracker === other.tracker && one.revision === other.revision;

/** All receipts, the newest first. */
export function all() {
  const found = kept.get(KEY);
  const read = Array.isArray(found) ? found.slice(0, MOST).map(receiptIn).filter(Boolean) : [];
  return read.sort((one, other) => Date.parse(other.accepted_at) - Date.parse(one.accepted_at));
}

/** The receipt of this tracker, of its newest revision unless another is named. */
export const find = (tracker, revision) => all().filter(one => one.tracker === tracker)
  .sort((one, other) => other.revision - one.revision).find(one => !revision || one.revision === revision) ?? null;

/** Keep a receipt; what is known of the same one and not said again stays. */
export function put(receipt) {
  const found = receiptIn(receipt);
  if (!found) return null;
  const rest = all(), before = rest.find(one => same(one, found)) ?? {};
  for (const name of ['title', 'names', 'proof', 'seal', 'differs', 'nonce']) found[name] ??= before[name] ?? null;
  kept.set(KEY, [found, ...rest.filter(one => !same(one, found))].slice(0, MOST));
  return found;
}

/** Forget every receipt on this device. */
export const forget = () => kept.set(KEY, null);

/** Whether a newer one of the same voter stands here. */
export const isReplaced = receipt => all().some(one => one.tracker === receipt.tracker && one.revision > receipt.revision);

/** What was received and not looked at yet: {receipt, sent: {ranking, nonce}, title, names}, by contest. */
export function* fresh() {
  let names = [];
  try { names = Object.keys(localStorage).filter(name => name.startsWith(FRESH)); } catch { /* forbidden: none */ }
  for (const name of names) {
    const found = kept.get(name);
    kept.set(name, null);
    const receipt = receiptIn(found?.receipt);
    if (receipt) yield { ...found, receipt };
  }
}

/** The expo's public keys this device has seen, as bytes. */
export function keys() {
  const found = kept.get(KEYS);
  return is.list(found, MOST_KEYS, hash) ? found.map(one => Uint8Array.from(atob(one), letter => letter.charCodeAt(0))) : [];
}

/** Remember keys; one that was seen before stays, so that none is quietly taken away. */
export function learnKeys(written) {
  const before = kept.get(KEYS), seen = is.list(before, MOST_KEYS, hash) ? before : [];
  if (is.list(written, 64, hash)) kept.set(KEYS, [...new Set([...seen, ...written])].slice(0, MOST_KEYS));
}
