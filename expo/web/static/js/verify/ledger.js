// ledger.jsonl read once, from the first record to the last: the tree with its signed roots, and how each ballot stands.
import { sha256, hex } from '../digest.js';
import { lines } from './canonical.js';
import { equal, leafHash, Tree } from './merkle.js';
import { fits, HASH, RECORDS, TRACKER } from './shapes.js';
import { parsed, wrong } from './wrong.js';

const FILE = 'ledger.jsonl';
const LOT_COMMIT = Uint8Array.of(3), LOT_KEY = Uint8Array.of(4);
const DECISIONS = { hold: 'held', release: 'counted', void: 'void' };

const fromHex = text => Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));

/**
 * How one ballot stands: {rev, com, grp, status, why}.
 * `atClose` is its status at the close where a later decision changed it.
 */
export class Ledger {
  /**
   * @param {string} sid the contest
   * @param {{size: number, root: Uint8Array}[]} checkpoints signed roots, in the order of their file
   * @param {Set<string>} wanted trackers whose leaves are to be found
   */
  constructor(sid, checkpoints, wanted = new Set()) {
    this.sid = sid;
    this.tree = new Tree();
    this.roots = rootsBySize(checkpoints);
    this.wanted = wanted;
    this.found = new Map(); // tracker -> [{index, rev, leaf}]
    this.latest = new Map(); // tracker -> its ballot of the highest revision
    this.replaced = new Map(); // tracker + revision -> an earlier ballot
    this.open = this.close = null;
    this.lotRoot = null;
  }
  /** Take in every record; `tell` hears how many bytes are read. */
  read(bytes, tell = () => {}) {
    let line = 0, at = 0;
    for (const record of lines(bytes)) {
      line += 1;
      at += record.length + 1;
      this.line = line;
      const leaf = leafHash(record);
      this.tree.add(leaf);
      this.take(parsed(record, FILE, line), leaf);
      const root = this.roots.get(this.tree.size);
      if (root && !equal(root, this.tree.root)) wrong('checkpoint-root', { size: this.tree.size });
      if (line % 4096 === 0) tell(at);
    }
    this.finish();
  }
  fail(code, facts = {}) { wrong(code, { file: FILE, line: this.line, ...facts }); }
  take(record, leaf) {
    const kind = Object.hasOwn(RECORDS, record?.t) ? record.t : null;
    if (kind === null || !fits(record, RECORDS[kind]) || record.sid !== this.sid) this.fail('record');
    if ((kind === 'open') !== (this.tree.size === 1)) this.fail('record-order');
    if (kind === 'open') this.open = record;
    else if (kind === 'close') this.end(record);
    else if (kind === 'ballot') this.ballot(record, leaf);
    else this.decide(kind, record);
  }
  ballot(record, leaf) {
    const { trk, rev, com, grp } = record;
    if (this.close) this.fail('record-order');
    if (!TRACKER.test(trk) || rev < 1 || !this.open.groups.some(one => one.id === grp)) this.fail('record');
    if (this.of(trk, rev)) this.fail('ballot-twice', { tracker: trk });
    const known = this.latest.get(trk), ballot = { rev, com, grp, status: 'counted', why: null };
    if (known && known.rev > rev) this.replaced.set(`${trk} ${rev}`, ballot);
    else {
      if (known) this.replaced.set(`${trk} ${known.rev}`, known);
      this.latest.set(trk, ballot);
    }
    if (this.wanted.has(trk)) this.found.set(trk, [...this.found.get(trk) ?? [], { index: this.tree.size - 1, rev, leaf: hex(leaf) }]);
  }
  of(trk, rev) {
    const known = this.latest.get(trk);
    return known?.rev === rev ? known : this.replaced.get(`${trk} ${rev}`);
  }
  decide(kind, { trk, rev, why = null }) {
    const ballot = this.of(trk, rev);
    if (!ballot || (this.close && kind === 'hold')) this.fail('decision', { tracker: trk });
    if (ballot !== this.latest.get(trk)) return; // what is said of a replaced one has no effect
    if ((kind === 'hold') !== (ballot.status === 'counted')) this.fail('decision', { tracker: trk });
    if (this.close) ballot.atClose ??= ballot.status;
    ballot.status = DECISIONS[kind];
    ballot.why = why;
  }
  end(record) {
    if (this.close) this.fail('record-order');
    this.close = record;
    this.lotRoot = this.tree.root;
  }
  finish() {
    const signed = Math.max(...this.roots.keys());
    if (!this.open) wrong('record', { file: FILE, line: 1 });
    if (!this.close) wrong('no-close', { file: FILE });
    if (signed !== this.tree.size) wrong('unsigned-records', { file: FILE, size: this.tree.size, signed });
    const replaced = new Map();
    for (const key of this.replaced.keys()) {
      const trk = key.slice(0, key.indexOf(' '));
      replaced.set(trk, (replaced.get(trk) ?? 0) + 1);
    }
    for (const [tracker, { rev }] of this.latest) if (rev !== (replaced.get(tracker) ?? 0) + 1) wrong('revision-missing', { file: FILE, tracker });
  }
  /** The options in the order of the lot. Not the seed committed to: that is wrong. */
  lot() {
    const { beacon, lot_commit: commit, options } = this.open, { lot_seed: seed } = this.close;
    if (!HASH.test(seed) || hex(sha256(LOT_COMMIT, fromHex(seed))) !== commit) wrong('lot-seed', { file: FILE });
    const encoder = new TextEncoder();
    const key = id => hex(sha256(LOT_KEY, fromHex(seed), this.lotRoot, encoder.encode(beacon), encoder.encode(id)));
    return options.map(id => [key(id), id]).sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, id]) => id);
  }
}

/** Root by size; two that disagree about one size are proof against whoever signed them. */
function rootsBySize(checkpoints) {
  const found = new Map();
  let before = 0;
  for (const { size, root } of checkpoints) {
    if (found.has(size) && !equal(found.get(size), root)) wrong('checkpoints-disagree', { file: 'checkpoints.txt', size });
    if (size <= before) wrong('checkpoint-order', { file: 'checkpoints.txt', size });
    before = size;
    found.set(size, root);
  }
  return found;
}
