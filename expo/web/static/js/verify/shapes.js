// What the files of a bundle hold, by shape: the same table as in verify.py.

export const INDEXED = [
  'ballots.jsonl', 'checkpoints.txt', 'ledger.jsonl', 'manifest.json', 'result.json',
  'result.note', 'rules.ar.txt', 'rules.en.txt', 'tally.json', 'vkey',
];
export const FILES = [...INDEXED, 'index.json', 'index.note', 'verify.py'];

// A shape is 'text' or 'count', {is: a value}, {one: of these}, [of each], {each: of these}, or names with shapes.
const is = value => ({ is: value });
const GROUP = { full: 'count', id: 'text', min: 'count', w: 'count' };
const TEXT = { ar: 'text', en: 'text' };
/** What the first record and the manifest both say. */
export const SAME = {
  beacon: 'text', closes: 'text', k_public: 'count', max_rank: 'count', opens: 'text', sid: 'text', v: is(1),
  method: { one: ['ranked_pairs', 'schulze', 'borda', 'irv'].map(is) }, own: { one: ['abstain', 'count'].map(is) },
};
const ABOUT = { rev: 'count', sid: 'text', trk: 'text', v: is(1) };
const NUMBERS = { each: 'count' };

export const INDEX = { files: Object.fromEntries(INDEXED.map(name => [name, { sha256: 'text', size: 'count' }])), sid: 'text', v: is(1) };
export const MANIFEST = {
  ...SAME, closed: 'text', day: 'count', grace_seconds: 'count', origin: 'text', software: 'text', title: TEXT,
  groups: [{ ...GROUP, assurance: 'text', audit: { one: ['open', 'sealed'].map(is) }, name: TEXT }],
  options: [{ entity: 'text', entity_name: TEXT, id: 'text', title: TEXT }],
};
export const RECORDS = {
  open: {
    ...SAME, code_hash: 'text', groups: [{ one: [GROUP, { ...GROUP, audit: is('sealed') }] }], lot_commit: 'text',
    options: ['text'], rules_hash: 'text', t: is('open'),
  },
  ballot: { ...ABOUT, com: 'text', grp: 'text', t: is('ballot') },
  hold: { ...ABOUT, t: is('hold'), why: 'text' },
  release: { ...ABOUT, t: is('release') },
  void: { ...ABOUT, by: is('officer'), t: is('void'), why: 'text' },
  close: {
    counted: NUMBERS, held: 'count', lot_seed: 'text', sid: 'text', superseded: 'count', t: is('close'), v: is(1),
    void: 'count', withdrawn: 'count',
  },
};
const CONTENT = { ...ABOUT, grp: 'text', rank: ['text'] };
export const OPENING = { content: { one: [CONTENT, { ...CONTENT, own: ['text'] }] }, nonce: 'text', status: 'text' };
const GROUP_TALLY = {
  id: 'text', n: 'count', withdrawn: 'count', revised: 'count', held: NUMBERS, void: NUMBERS,
  N: [['count']], R: [['count']], own: ['count'],
};
export const TALLY = { groups: [GROUP_TALLY], options: ['text'], sid: 'text', v: is(1) };
export const TRACKER = /^[0-9A-HJKMNP-TV-Z]{16}$/;
export const HASH = /^[0-9a-f]{64}$/;

const plain = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is of this shape, nothing more and nothing less. */
export function fits(value, shape) {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'count') return Number.isSafeInteger(value) && value >= 0;
  if (Array.isArray(shape)) return Array.isArray(value) && value.every(one => fits(one, shape[0]));
  if ('is' in shape) return value === shape.is;
  if ('one' in shape) return shape.one.some(one => fits(value, one));
  if (!plain(value)) return false;
  if ('each' in shape) return Object.values(value).every(one => fits(one, shape.each));
  const names = Object.keys(shape);
  return Object.keys(value).length === names.length && names.every(name => Object.hasOwn(value, name) && fits(value[name], shape[name]));
}
