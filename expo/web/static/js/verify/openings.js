// ballots.jsonl against the ledger: every ballot opens its commitment, stands as the records say, and is there once.
import { sha256 } from '../digest.js';
import { encode, lines, utf8 } from './canonical.js';
import { Ballots } from './counting.js';
import { fromBase64, toBase64 } from './notes.js';
import { fits, OPENING } from './shapes.js';
import { blamed, parsed, wrong } from './wrong.js';

const FILE = 'ballots.jsonl', CLOSE = 'ledger.jsonl';
const COMMITMENT = Uint8Array.of(2);
const NONCE = 32; // bytes

const blank = (options, is) => ({
  ...is, counted: new Ballots(options), withHeld: new Ballots(options), withdrawn: 0, revised: 0, held: {}, void: {}, latest: 0, emptied: 0,
});

/** What the openings say, by electorate, as far as they are public. */
export class Openings {
  /** @param {import('./ledger.js').Ledger} ledger read to its end */
  constructor(ledger) {
    this.ledger = ledger;
    const { options, groups, max_rank: most } = ledger.open;
    this.most = most;
    this.options = new Set(options);
    this.groups = new Map(groups.map(one => [one.id, blank(options, { id: one.id, sealed: one.audit === 'sealed' })]));
  }
  /** Take in every opening; `tell` hears how many bytes are read. */
  read(bytes, tell = () => {}) {
    let before = '', at = 0, opened = 0;
    this.line = 0;
    for (const line of lines(bytes)) {
      this.line += 1;
      at += line.length + 1;
      before = this.take(line, before);
      opened += 1;
      if (this.line % 4096 === 0) tell(at);
    }
    this.line = 0;
    if (opened !== this.open()) this.missing(bytes);
    this.sealed();
    this.close();
  }
  fail(code, facts = {}) { wrong(code, { file: FILE, line: this.line, ...facts }); }
  take(line, before) {
    const { content, nonce, status } = this.shaped(line);
    const { trk: tracker, rank, own = [] } = content;
    if (tracker <= before) this.fail('opening-order', { tracker });
    const ballot = this.ledger.latest.get(tracker);
    if (!ballot || ballot.rev !== content.rev || ballot.grp !== content.grp) this.fail('opening-strange', { tracker });
    if (toBase64(sha256(COMMITMENT, this.nonce(nonce), utf8(encode(content))), true) !== ballot.com) this.fail('commitment', { tracker });
    if (status !== ballot.status) this.fail('status', { tracker });
    const group = this.groups.get(content.grp);
    if (group.sealed) this.fail('opening-sealed', { tracker });
    const mayAbstain = this.ledger.open.own === 'abstain' || !own.length;
    if (!this.may(rank, this.most) || !this.may(own, this.options.size) || !mayAbstain) this.fail('ranking', { tracker });
    this.count(group, ballot, rank, own);
    return tracker;
  }
  shaped(line) {
    const value = parsed(line, FILE, this.line);
    return fits(value, OPENING) && value.content.sid === this.ledger.sid ? value : this.fail('opening');
  }
  nonce(written) {
    try {
      const found = fromBase64(written, true);
      return found.length === NONCE ? found : this.fail('opening');
    } catch (error) {
      throw blamed(error, FILE, this.line);
    }
  }
  may(ids, most) {
    return ids.length <= most && new Set(ids).size === ids.length && ids.every(id => this.options.has(id));
  }
  count(group, ballot, rank, own) {
    this.stands(group, ballot);
    if (!rank.length && (ballot.atClose ?? ballot.status) === 'counted') group.emptied += 1;
    if (ballot.status === 'counted' && !rank.length) group.withdrawn += 1;
    if (ballot.status === 'counted' && rank.length) group.counted.add(rank, own);
    if (ballot.status !== 'void' && rank.length) group.withHeld.add(rank, own);
  }
  /** What the ledger alone tells of a voter's ballot. */
  stands(group, { rev, status, why, atClose = status }) {
    if (atClose === 'counted') group.latest += 1;
    if (rev > 1) group.revised += 1;
    if (status !== 'counted') group[status][why] = (group[status][why] ?? 0) + 1;
  }
  open() {
    let found = 0;
    for (const { grp } of this.ledger.latest.values()) found += Number(!this.groups.get(grp).sealed);
    return found;
  }
  missing(bytes) {
    const there = new Set();
    for (const line of lines(bytes)) there.add(parsed(line, FILE).content.trk);
    for (const [tracker, { grp }] of this.ledger.latest) {
      if (!there.has(tracker) && !this.groups.get(grp).sealed) wrong('opening-missing', { file: FILE, tracker });
    }
  }
  sealed() {
    for (const ballot of this.ledger.latest.values()) {
      const group = this.groups.get(ballot.grp);
      if (group.sealed) this.stands(group, ballot);
    }
  }
  /** The figures in the record of the close are those of all ballots at that moment. */
  close() {
    const { latest, replaced, close } = this.ledger;
    const is = wanted => [...latest.values()].filter(({ status, atClose = status }) => atClose === wanted).length;
    const groups = [...this.groups.values()], some = groups.some(one => one.sealed);
    const sum = of => groups.reduce((found, one) => found + of(one), 0);
    const names = Object.keys(close.counted);
    const agrees = names.length === groups.length && groups.every(one => {
      const counted = Object.hasOwn(close.counted, one.id) ? close.counted[one.id] : -1;
      return one.sealed ? counted >= 0 && counted <= one.latest : counted === one.latest - one.emptied;
    });
    const whole = sum(one => close.counted[one.id]) + close.withdrawn === sum(one => one.latest);
    const emptied = sum(one => one.emptied);
    if (!agrees || !whole || (some ? close.withdrawn < emptied : close.withdrawn !== emptied)
      || close.held !== is('held') || close.void !== is('void') || close.superseded !== replaced.size) wrong('close-figures', { file: CLOSE });
  }
}
