// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint), with Ed25519 where the browser has it.
import { hex, sha256 } from '../digest.js';
import { text as textOf, utf8 } from './canonical.js';

const ED25519 = 1; // the type byte of a key and in its id
const KEY = 32, SIGNATURE = 64, ID = 4; // bytes
const WHOLE = /^(0|[1-9][0-9]{0,15})$/;

/** A note, key or checkpoint cannot be believed; `why` says what is wrong, `facts` of what. */
export class BadNote extends Error {
  constructor(why, facts = {}) {
    super(why);
    this.why = why;
    this.facts = facts;
  }
}

const fail = (why, facts) => { throw new BadNote(why, facts); };

/** Bytes as base64; with `url` in the alphabet for addresses and without padding. */
export function toBase64(bytes, url = false) {
  const found = btoa(String.fromCharCode(...bytes));
  return url ? found.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') : found;
}

/** The bytes of base64. @throws {BadNote} It is not exactly what `toBase64` would have written. */
export function fromBase64(written, url = false) {
  let bytes;
  try {
    const plain = url ? written.replace(/-/g, '+').replace(/_/g, '/') : written;
    const found = atob(plain);
    bytes = new Uint8Array(found.length);
    for (let n = 0; n < bytes.length; n += 1) bytes[n] = found.charCodeAt(n);
  } catch {
    return fail('base64');
  }
  return toBase64(bytes, url) === written ? bytes : fail('base64');
}

/** The first four bytes of what names a key, as hexadecimal. */
export const keyId = (name, key) => hex(sha256(utf8(`${name}\n`), Uint8Array.of(ED25519), key).subarray(0, ID));

/** A public key as it is printed: `<name>+<hex id>+<base64(1 || key)>`. */
export const vkeyOf = (name, key) => `${name}+${keyId(name, key)}+${toBase64(Uint8Array.of(ED25519, ...key))}`;

/** Name, id and key of a printed public key. @throws {BadNote} It is none, or its id is not its own. */
export function parseVkey(vkey) {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? fail('vkey');
  const bytes = fromBase64(key);
  if (bytes.length !== KEY + 1 || bytes[0] !== ED25519) fail('vkey');
  const found = { name, id, key: bytes.subarray(1) };
  return keyId(name, found.key) === id ? found : fail('vkey');
}

/** The same key under another name. */
export const renamed = ({ key }, name) => ({ name, id: keyId(name, key), key });

/**
 * What checks signatures of one key; null where the browser cannot, or hides it from plain http.
 * @throws {BadNote} These bytes are no key.
 */
export async function checker(vkey) {
  let key;
  try {
    key = await crypto.subtle.importKey('raw', vkey.key, 'Ed25519', false, ['verify']);
  } catch (error) {
    return error.name === 'DataError' ? fail('vkey') : null;
  }
  return (signature, message) => crypto.subtle.verify('Ed25519', key, signature, message);
}

/** Text and signature by this key of a note. @throws {BadNote} It is no note, or not of this key alone. */
export function parseNote(note, vkey) {
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) fail('note');
  const [line, ...more] = note.slice(cut + 2).split('\n');
  if (more.length !== 1 || more[0] !== '') fail('note');
  const [, name, written] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? fail('note');
  if (name !== vkey.name) fail('signer', { name });
  const bytes = fromBase64(written);
  if (bytes.length !== ID + SIGNATURE || hex(bytes.subarray(0, ID)) !== vkey.id) fail('signer', { name });
  return { text: note.slice(0, cut + 1), signature: bytes.subarray(ID) };
}

/**
 * The text of a note that this key has signed.
 * @param check What `checker` gave; null reads the note without believing it.
 * @throws {BadNote} It is no note of this key, or the signature is not good.
 */
export async function opened(note, vkey, check) {
  const { text, signature } = parseNote(note, vkey);
  if (check && !(await check(signature, utf8(text)))) fail('signature', { name: vkey.name });
  return text;
}

/** Size and root of a checkpoint's text. @throws {BadNote} It is none, or of another ledger. */
export function parseCheckpoint(text, origin) {
  const [named, size, root, ...more] = text.split('\n');
  if (more.length !== 1 || more[0] !== '' || !WHOLE.test(size) || !Number.isSafeInteger(Number(size))) fail('checkpoint');
  if (named !== origin) fail('origin', { name: named });
  const hash = fromBase64(root);
  return hash.length === KEY ? { size: Number(size), root: hash } : fail('checkpoint');
}

/** The notes of checkpoints.txt. @throws {BadNote} It does not consist of whole notes with a blank line between. */
export function notesIn(bytes) {
  const all = textOf(bytes).split('\n');
  const found = [];
  for (let at = 0; at < all.length - 1; at += 6) found.push(`${all.slice(at, at + 5).join('\n')}\n`);
  return found.join('\n') === all.join('\n') && found.length ? found : fail('note');
}

/** Whether a signed note says that a file has this digest: three lines, the last one base64. */
export const saysDigest = (text, kind, origin, digest) => text === `${kind}\n${origin}\n${toBase64(digest)}\n`;
