// result.json made anew from the ballots, and where it first differs from the published one.
import { combine, condorcetWinner, outcome, piles, smithSet } from './counting.js';
import { fits, TALLY } from './shapes.js';
import { wrong } from './wrong.js';

const FILE = 'tally.json';
const METHODS = ['borda', 'irv', 'ranked_pairs', 'schulze'];

/** What a group comes to, as tally.json has it; a sealed one is taken from there, as far as the ledger bears it out. */
export function tallied(tally, ledger, openings) {
  const { options, groups, k_public: least } = ledger.open;
  const same = fits(tally, TALLY) && tally.sid === ledger.sid && String(tally.options) === String(options)
    && String(tally.groups.map(one => one.id)) === String(groups.map(one => one.id));
  if (!same) wrong('tally-form', { file: FILE });
  return tally.groups.map((said, at) => {
    const { id } = said, { withdrawn, revised, held, void: taken, counted, sealed } = openings.groups.get(id);
    if (sealed) {
      const fit = said.n + said.withdrawn === standing(ledger, id) && said.revised === revised && equal(said.held, held) && equal(said.void, taken);
      const shown = said.n < least ? hidden(said, groups[at]) : possible(said, options.length);
      if (!fit || !shown) wrong('tally-sealed', { file: FILE, group: id });
      return said;
    }
    const own = { id, ...counted.counts(), withdrawn, revised, held, void: taken };
    const found = difference(said, own);
    if (found) wrong('tally', { file: FILE, ...found, path: `groups[${at}].${found.path}` });
    return own;
  });
}

const standing = (ledger, id) => [...ledger.latest.values()].filter(one => one.grp === id && one.status === 'counted').length;
const equal = (one, other) => difference(one, other) === null;

/** Whether nothing is told of so few ballots, which would be the ballots themselves, and they count for nothing. */
const hidden = ({ n, N, R, own }, { min, w }) => !(N.length + R.length + own.length) && (n < Math.max(1, min) || !w);

/** Whether these can be the numbers of some ballots. */
function possible({ n, N, R, own }, size) {
  const total = row => row.reduce((sum, one) => sum + one, 0);
  return N.length === size && R.length === size && own.length === size
    && N.every((row, a) => row.length === size && row[a] === 0 && row.every((one, b) => one + N[b][a] <= n))
    && R.every((row, a) => row.length === size + 1 && total(row) + own[a] === n)
    && N.every((_, place) => R.reduce((sum, row) => sum + row[place], 0) <= n)
    && N.every((row, a) => total(row) <= R[a].reduce((sum, times, place) => sum + times * Math.max(0, size - 1 - place), 0));
}

const shared = (outcome, name) => ({ order: outcome.order.map(name), ranks: outcome.ranks.map(one => one.map(name)) });

function method(id, combined, lot, heaps, options) {
  const name = at => options[at], found = outcome(id, combined, lot, heaps);
  if (id === 'ranked_pairs') {
    const pairs = found.taken.map(({ over, under, locked }) => ({
      over: name(over), under: name(under), margin: String(combined.M[over][under]), against: String(combined.P[under][over]), locked,
    }));
    return { ...shared(found, name), pairs };
  }
  if (id !== 'irv') return shared(found, name);
  const rounds = found.rounds.map(({ tallies, exhausted, removed, by }) => ({
    tallies: Object.fromEntries([...tallies].map(([at, weight]) => [name(at), String(weight)])),
    exhausted: String(exhausted), removed: name(removed), by,
  }));
  return { ...shared(found, name), rounds };
}

const NOTHING = {
  borda: { order: [], ranks: [] }, irv: { order: [], ranks: [], rounds: [] },
  ranked_pairs: { order: [], ranks: [], pairs: [] }, schulze: { order: [], ranks: [] },
};

/** Every method's result; null for instant runoff where not all ballots are public. */
function methods(combined, lot, heaps, options, sealed) {
  return Object.fromEntries(METHODS.map(id => {
    if (id === 'irv' && sealed) return [id, null];
    return [id, combined.T ? method(id, combined, lot, heaps, options) : NOTHING[id]];
  }));
}

const weighed = (groups, counts) => groups.map((one, at) => ({ ...one, ...counts[at] }));

/** The official method's result if held ballots counted; null where none is held, or not all can be seen. */
function withHeld(open, lot, openings, held) {
  const groups = [...openings.groups.values()];
  if (!held || groups.some(one => one.sealed && Object.keys(one.held).length)) return null;
  const counts = groups.map((one, at) => (one.sealed ? openings.sealedCounts[at] : one.withHeld.counts()));
  const combined = combine(open.options.length, weighed(open.groups, counts));
  if (!combined.T) return { held, order: [], ranks: [] };
  const found = outcome(open.method, combined, lot, piles(combined, groups.map(one => one.withHeld)));
  return { held, ...shared(found, at => open.options[at]) };
}

/**
 * The value of result.json.
 * @param ledger read to its end
 * @param openings read to their end
 * @param counts what `tallied` gave
 */
export function official(ledger, openings, counts) {
  const { open } = ledger, { options, groups, method: by } = open, lotIds = ledger.lot();
  const lot = lotIds.map(id => options.indexOf(id)), ballots = [...openings.groups.values()];
  const combined = combine(options.length, weighed(groups, counts)), sealed = ballots.some(one => one.sealed);
  const heaps = sealed ? [] : piles(combined, ballots.map(one => one.counted));
  const all = methods(combined, lot, heaps, options, sealed);
  const texts = row => row.map(String), winner = combined.T ? condorcetWinner(combined) : null;
  openings.sealedCounts = counts;
  const held = counts.reduce((sum, one) => sum + Object.values(one.held).reduce((n, more) => n + more, 0), 0);
  return {
    v: 1, sid: ledger.sid, method: by, options, lot: lotIds, ballots: counts.reduce((sum, one) => sum + one.n, 0),
    groups: groups.map(({ id, w, full, min }, at) => {
      const { n, withdrawn, held: waiting, void: taken, N, R, own } = counts[at];
      return { id, w, full, min, n, c: String(combined.c[at]), withdrawn, held: waiting, void: taken, N, R, own };
    }),
    T: String(combined.T), P: combined.P.map(texts), S: texts(combined.S), C: texts(combined.C),
    order: all[by].order, ranks: all[by].ranks, condorcet: winner === null ? null : options[winner],
    smith: combined.T ? smithSet(combined).map(at => options[at]) : [], methods: all, with_held: withHeld(open, lot, openings, held),
  };
}

/** A value as short text. */
export const short = value => {
  const text = value === undefined ? '—' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

/** Where two values first differ, {path, published, counted}; null where they do not. */
export function difference(published, counted, path = '') {
  const objects = [published, counted].every(one => typeof one === 'object' && one !== null);
  if (!objects || Array.isArray(published) !== Array.isArray(counted)) {
    return Object.is(published, counted) ? null : { path, published: short(published), counted: short(counted) };
  }
  const keys = [...new Set([...Object.keys(published), ...Object.keys(counted)])];
  for (const key of Array.isArray(published) ? keys : keys.sort()) {
    const below = Array.isArray(published) ? `${path}[${key}]` : `${path}${path && '.'}${key}`;
    const found = difference(published[key], counted[key], below);
    if (found) return found;
  }
  return null;
}
