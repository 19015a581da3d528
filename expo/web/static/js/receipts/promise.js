// What a receipt says, worked out again in this browser: the leaf of the ballot, the signed batch it
// was promised with, and its place in the public ledger. Pure, but for the browser's own Ed25519.
import { hex, sha256 } from '../digest.js';
import { encode, utf8 } from '../verify/canonical.js';
import { isIncluded, leafHash } from '../verify/merkle.js';
import { BadNote, checker, fromBase64, keyId, parseCheckpoint, parseNote, toBase64 } from '../verify/notes.js';

const COMMITMENT = Uint8Array.of(2);
const PROOF = 'c2sp.org/tlog-proof@v1', BATCH = 'sawt-receipts/v1';
const bytes = written => Uint8Array.from(written.match(/../g), pair => parseInt(pair, 16));

/**
 * The hash of the ledger's leaf for this ballot as hexadecimal; null where its nonce is not known, and
 * empty where it says what no ledger can hold.
 */
export function leafOf({ contest: sid, tracker: trk, revision: rev, electorate: grp, ranking: rank, own, nonce }) {
  if (!nonce) return null;
  try {
    const content = { grp, rank, rev, sid, trk, v: 1, ...(own.length ? { own } : {}) };
    const com = toBase64(sha256(COMMITMENT, fromBase64(nonce, true), utf8(encode(content))), true);
    return hex(leafHash(utf8(encode({ com, grp, rev, sid, t: 'ballot', trk, v: 1 }))));
  } catch {
    return '';
  }
}

/** The note's text, and whether its signature is good: null where this browser cannot tell. Tries each key. */
async function read(note, name, keys) {
  for (const key of keys) {
    const vkey = { name, id: keyId(name, key), key };
    let found;
    try { found = parseNote(note, vkey); } catch (error) { if (error.why === 'signer') continue; throw error; }
    const check = await checker(vkey);
    return { text: found.text, good: check ? await check(found.signature, utf8(found.text)) : null };
  }
  throw new BadNote('signer', { name });
}

/** What the expo signed about a ballot: a leaf of the batch's tree. */
const promiseOf = receipt => ({
  accepted_at: receipt.accepted_at, included_by: receipt.included_by, leaf_hash: receipt.leaf,
  rev: receipt.revision, sid: receipt.contest, trk: receipt.tracker, v: 1,
});

/**
 * A receipt as a file that any program can hold against the ledger (`verify.py --receipt`): the promise with
 * its signature and, where it is known, the ledger's proof. Null where nothing was promised. It does not say
 * how somebody ranked.
 */
export function fileOf(receipt) {
  if (!receipt?.proof || !receipt.leaf || !receipt.included_by) return null;
  const { note, index, size, path } = receipt.proof;
  return encode({ index, note, path, promise: promiseOf(receipt), seal: receipt.seal ?? '', size });
}

const told = good => (good === null ? 'unchecked' : good ? 'good' : 'bad');

/**
 * What the promise of a receipt is worth: `good`; `unchecked` (its path holds, but this browser cannot
 * check signatures); `bad`; or `none`, where the receipt came without one.
 * @param site Host and port of the expo. @param keys Its public keys.
 */
export async function promised(receipt, site, keys) {
  const { proof, leaf } = receipt;
  if (!proof || !leaf) return 'none';
  const line = promiseOf(receipt);
  try {
    const { text, good } = await read(proof.note, `${site}/receipts`, keys);
    const [kind, named, size, root, ...more] = text.split('\n');
    const isOurs = kind === BATCH && named === site && size === String(proof.size) && more.join() === '';
    const path = proof.path.map(one => fromBase64(one));
    const holds = isOurs && isIncluded(leafHash(utf8(encode(line))), proof.index, proof.size, path, fromBase64(root));
    return holds ? told(good) : 'bad';
  } catch {
    return 'bad';
  }
}

/** Index, path and checkpoint of a proof as the ledger gives it. @throws {BadNote} It is none. */
function parts(text) {
  const cut = text.indexOf('\n\n'), [kind, index, ...path] = text.slice(0, cut).split('\n');
  const [, number] = /^index (0|[1-9][0-9]{0,15})$/.exec(index ?? '') ?? [];
  if (cut < 0 || kind !== PROOF || number === undefined) throw new BadNote('proof');
  return { index: Number(number), path: path.map(one => fromBase64(one)), note: text.slice(cut + 2) };
}

/**
 * Whether the ledger's own proof holds: {state: `good`, `unchecked` or `bad`, index, size, root}.
 * @param leaf Hexadecimal. @param origin Of the contest's ledger.
 */
export async function sealed(text, leaf, origin, keys) {
  try {
    const { index, path, note } = parts(text);
    const { text: head, good } = await read(note, origin, keys);
    const { size, root } = parseCheckpoint(head, origin);
    const holds = isIncluded(bytes(leaf), index, size, path, root);
    return { state: holds ? told(good) : 'bad', index, size, root: hex(root) };
  } catch {
    return { state: 'bad' };
  }
}
