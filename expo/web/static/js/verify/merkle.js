// The tree of RFC 6962: hashes of leaves and nodes, the root as leaves come in, and both kinds of proof.
import { sha256 } from '../digest.js';

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);
const SIZE = 32;

export const leafHash = record => sha256(LEAF, record);
export const nodeHash = (left, right) => sha256(NODE, left, right);

export const equal = (one, other) => one.length === other.length && one.every((byte, n) => byte === other[n]);
const isHash = hash => hash instanceof Uint8Array && hash.length === SIZE;
const whole = (n, least) => Number.isSafeInteger(n) && n >= least;

/** A tree that grows at its end; it keeps a hash for each bit of its size. */
export class Tree {
  constructor() {
    this.size = 0;
    this.peaks = []; // roots of the perfect subtrees, largest first
  }
  /** Put in the hash of the next leaf. */
  add(hash) {
    for (let n = this.size; n % 2; n = (n - 1) / 2) hash = nodeHash(this.peaks.pop(), hash);
    this.peaks.push(hash);
    this.size += 1;
  }
  /** The root now; of nothing it is the hash of nothing. */
  get root() {
    const { peaks } = this;
    return peaks.length ? peaks.reduceRight((right, left) => nodeHash(left, right)) : sha256();
  }
}

/** The root over these leaf hashes. */
export function rootOf(hashes) {
  const tree = new Tree();
  for (const hash of hashes) tree.add(hash);
  return tree.root;
}

/** Whether the leaf stands at this index of the tree with this size and root (RFC 9162, 2.1.3.2). */
export function isIncluded(leaf, index, size, path, root) {
  if (!whole(index, 0) || !whole(size, 1) || index >= size || ![leaf, root, ...path].every(isHash)) return false;
  let at = index, last = size - 1, hash = leaf;
  for (const other of path) {
    if (last === 0) return false;
    if (at % 2 || at === last) {
      hash = nodeHash(other, hash);
      while (at % 2 === 0 && at) { at /= 2; last = Math.floor(last / 2); }
    } else {
      hash = nodeHash(hash, other);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(hash, root);
}

/** Whether the first tree is the beginning of the second (RFC 9162, 2.1.4.2). */
export function isConsistent(first, second, path, firstRoot, secondRoot) {
  if (!whole(first, 1) || !whole(second, first)) return false;
  if (first === second) return !path.length && equal(firstRoot, secondRoot);
  if (![firstRoot, secondRoot, ...path].every(isHash)) return false;
  if (!path.length) return false;
  const steps = 2 ** Math.round(Math.log2(first)) === first ? [firstRoot, ...path] : path;
  let at = first - 1, last = second - 1;
  while (at % 2) { at = (at - 1) / 2; last = Math.floor(last / 2); }
  let one = steps[0], other = steps[0];
  for (const step of steps.slice(1)) {
    if (last === 0) return false;
    if (at % 2 || at === last) {
      one = nodeHash(step, one);
      other = nodeHash(step, other);
      while (at % 2 === 0 && at) { at /= 2; last = Math.floor(last / 2); }
    } else {
      other = nodeHash(other, step);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(one, firstRoot) && equal(other, secondRoot);
}
