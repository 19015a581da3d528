// Counting by whole numbers without an end (BigInt): what an electorate says, its weight, and the four methods.
// Options are numbered in the contest's order; a lot is their numbers in the order drawn.

const least = (a, b) => (a < b ? -1 : Number(a > b));
const range = n => Array.from({ length: n }, (_, at) => at);
const grid = (n, value) => range(n).map(() => Array(n).fill(value));
const sum = (all, of) => all.reduce((found, one) => found + of(one), 0n);

/** The ballots of one electorate, equal ones together. */
export class Ballots {
  /** @param {string[]} options ids in the contest's order */
  constructor(options) {
    this.index = new Map(options.map((id, n) => [id, n]));
    this.said = new Map(); // what a ballot says, as text -> {rank, own, times}
  }
  /** Take in `times` ballots with this ranking (ids, best first) whose voters abstain on `own` (ids). */
  add(rank, own = [], times = 1) {
    const key = own.length ? JSON.stringify([rank, own]) : rank.join('\n');
    const known = this.said.get(key);
    if (known) { known.times += times; return; }
    const out = new Set(own.map(id => this.index.get(id)).filter(at => at !== undefined));
    this.said.set(key, { rank: rank.map(id => this.index.get(id)).filter(at => !out.has(at)), own: out, times });
  }
  /** Numbers of ballots: n, N[a][b] with a above b, R[a][p] with a on place p (last: left out), own[a] abstaining. */
  counts() {
    const size = this.index.size, N = grid(size, 0), R = range(size).map(() => Array(size + 1).fill(0)), own = Array(size).fill(0);
    let n = 0;
    for (const one of this.said.values()) {
      const below = new Set(range(size).filter(at => !one.own.has(at)));
      n += one.times;
      for (const at of one.own) own[at] += one.times;
      one.rank.forEach((a, place) => {
        below.delete(a);
        R[a][place] += one.times;
        for (const b of below) N[a][b] += one.times;
      });
      for (const a of below) R[a][size] += one.times;
    }
    return { n, N, R, own };
  }
}

function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

/**
 * The electorates as one election.
 * @param groups {id, w, full, min, n, N, R} each, numbers
 * @returns c (weight of a ballot of each group), T (all), P[a][b] (a above b), M (margins), S (net), C (first places)
 */
export function combine(size, groups) {
  const active = groups.filter(one => one.n >= Math.max(1, one.min) && one.w > 0);
  const full = one => BigInt(Math.max(one.n, one.full));
  const scale = active.reduce((found, one) => found / gcd(found, full(one)) * full(one), 1n);
  const c = groups.map(one => (active.includes(one) ? BigInt(one.w) * (scale / full(one)) : 0n));
  const all = of => groups.reduce((found, one, at) => (c[at] ? found + c[at] * BigInt(of(one)) : found), 0n);
  const P = range(size).map(a => range(size).map(b => all(one => one.N[a][b])));
  const M = P.map((row, a) => row.map((support, b) => support - P[b][a]));
  return { size, c, T: all(one => one.n), P, M, S: M.map(row => sum(row, margin => margin)), C: range(size).map(a => all(one => one.R[a][0])) };
}

/** Place of each option in an order. */
function places(order) {
  const found = Array(order.length);
  order.forEach((option, at) => { found[option] = at; });
  return found;
}

/** Sigma: by net score, then first places, then lot. */
export function referenceOrder({ size, S, C }, lot) {
  const drawn = places(lot);
  return range(size).sort((a, b) => least(S[b], S[a]) || least(C[b], C[a]) || drawn[a] - drawn[b]);
}

/** The options best first, and every won pair in the order taken: {over, under, locked}. */
export function rankedPairs(combined, lot) {
  const { size, M, P } = combined, sigma = referenceOrder(combined, lot), place = places(sigma);
  const pairs = range(size).flatMap(a => range(size).filter(b => M[a][b] > 0n).map(b => [a, b]));
  pairs.sort(([a, b], [x, y]) => least(M[x][y], M[a][b]) || least(P[b][a], P[y][x]) || place[a] - place[x] || place[y] - place[b]);
  const reaches = range(size).map(a => range(size).map(b => a === b));
  const taken = pairs.map(([over, under]) => {
    const locked = !reaches[under][over];
    if (locked && !reaches[over][under]) {
      for (const row of reaches) if (row[over]) reaches[under].forEach((does, b) => { row[b] ||= does; });
    }
    return { over, under, locked };
  });
  const order = [], left = [...sigma];
  while (left.length) {
    const top = left.findIndex(a => left.every(b => a === b || !reaches[b][a]));
    order.push(...left.splice(top, 1));
  }
  return { order, taken };
}

/** The layers of the Schulze method by margins, each in the reference order. */
export function schulze(combined, lot) {
  const { size, M } = combined, d = M.map(row => row.map(margin => (margin > 0n ? margin : 0n)));
  for (const k of range(size)) {
    for (const i of range(size)) {
      if (i === k || !d[i][k]) continue;
      for (const j of range(size)) {
        const through = d[i][k] < d[k][j] ? d[i][k] : d[k][j];
        if (j !== i && through > d[i][j]) d[i][j] = through;
      }
    }
  }
  const layers = [];
  let left = referenceOrder(combined, lot);
  while (left.length) {
    const top = left.filter(a => left.every(b => d[b][a] <= d[a][b]));
    layers.push(top);
    left = left.filter(a => !top.includes(a));
  }
  return layers;
}

/** Those among some options with the least value. */
function lowest(among, value) {
  const found = among.reduce((low, a) => (value(a) < low ? value(a) : low), value(among[0]));
  return among.filter(a => value(a) === found);
}

/** Who leaves, and what decided it: the tally, an earlier round, the net score or the lot. */
function leaving(tallies, rounds, S, drawn) {
  let tied = lowest([...tallies.keys()], a => tallies.get(a));
  if (tied.length === 1) return [tied[0], 'tally'];
  for (const earlier of [...rounds].reverse()) {
    tied = lowest(tied, a => earlier.tallies.get(a));
    if (tied.length === 1) return [tied[0], 'earlier'];
  }
  tied = lowest(tied, a => S[a]);
  if (tied.length === 1) return [tied[0], 'net'];
  return [tied.reduce((last, a) => (drawn[a] > drawn[last] ? a : last)), 'lot'];
}

/** Rankings with their weight, of all electorates: what instant runoff counts. */
export function piles({ c }, ballots) {
  const found = new Map();
  ballots.forEach((group, at) => {
    if (!c[at]) return;
    for (const { rank, times } of group.said.values()) {
      const key = rank.join(), known = found.get(key), weight = c[at] * BigInt(times);
      if (known) known.weight += weight;
      else found.set(key, { rank, weight });
    }
  });
  return [...found.values()];
}

/** Every round of instant runoff: {tallies: Map of option to weight, exhausted, removed, by}. */
export function instantRunoff({ size, S }, heaps, lot) {
  const drawn = places(lot), left = new Set(range(size)), rounds = [];
  while (left.size) {
    const tallies = new Map([...left].sort((a, b) => a - b).map(a => [a, 0n]));
    let exhausted = 0n;
    for (const { rank, weight } of heaps) {
      const at = rank.find(a => left.has(a));
      if (at === undefined) exhausted += weight;
      else tallies.set(at, tallies.get(at) + weight);
    }
    const [removed, by] = leaving(tallies, rounds, S, drawn);
    left.delete(removed);
    rounds.push({ tallies, exhausted, removed, by });
  }
  return rounds;
}

/** The first order with a shared place wherever the other one disagrees. */
export function joined(order, other) {
  const place = places(other), ranks = [];
  let start = 0, furthest = -1;
  order.forEach((option, at) => {
    furthest = Math.max(furthest, place[option]);
    if (furthest === at) {
      ranks.push(order.slice(start, at + 1));
      start = at + 1;
    }
  });
  return ranks;
}

/**
 * Order and places by one method; options that only the lot parts share a place.
 * @param heaps What `piles` gives; only instant runoff looks at it.
 */
export function outcome(method, combined, lot, heaps) {
  const other = [...lot].reverse();
  switch (method) {
    case 'ranked_pairs': {
      const { order, taken } = rankedPairs(combined, lot);
      return { order, ranks: joined(order, rankedPairs(combined, other).order), taken };
    }
    case 'schulze': {
      const ranks = schulze(combined, lot);
      return { order: ranks.flat(), ranks };
    }
    case 'borda': {
      const order = referenceOrder(combined, lot);
      return { order, ranks: joined(order, referenceOrder(combined, other)) };
    }
    case 'irv': {
      const order = rounds => rounds.map(one => one.removed).reverse();
      const rounds = instantRunoff(combined, heaps, lot);
      return { order: order(rounds), ranks: joined(order(rounds), order(instantRunoff(combined, heaps, other))), rounds };
    }
    default: throw new RangeError(`no method is called ${method}`);
  }
}

/** The option that beats every other one, or null. */
export function condorcetWinner({ size, M }) {
  return range(size).find(a => M[a].every((margin, b) => a === b || margin > 0n)) ?? null;
}

/** The smallest set whose members beat every option outside it, by number. */
export function smithSet({ size, M }) {
  const wins = M.map(row => row.filter(margin => margin > 0n).length - row.filter(margin => margin < 0n).length);
  const inside = new Set([wins.indexOf(Math.max(...wins))]);
  for (const member of inside) range(size).forEach(b => { if (M[member][b] <= 0n) inside.add(b); });
  return [...inside].sort((a, b) => a - b);
}
