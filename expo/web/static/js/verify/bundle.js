// The checks of a bundle in their order, each with what came of it. The first thing that is wrong ends them.
import { hex, Sha256, sha256 } from '../digest.js';
import { encode, utf8 } from './canonical.js';
import { Ledger } from './ledger.js';
import { checker, notesIn, parseCheckpoint, parseNote, parseVkey, saysDigest, toBase64 } from './notes.js';
import { difference, official, short, tallied } from './official.js';
import { Openings } from './openings.js';
import { FILES, fits, INDEX, INDEXED, MANIFEST, SAME } from './shapes.js';
import { blamed, parsed, textOf, told, wrong, Wrong } from './wrong.js';

/** In this order: what a person sees as a list. */
export const CHECKS = ['files', 'key', 'signatures', 'ledger', 'words', 'ballots', 'lot', 'result', 'program'];
const FAST = 4096; // bytes from which the browser's own SHA-256 is worth its promise

async function digest(bytes) {
  if (bytes.length < FAST || !globalThis.crypto?.subtle) return new Sha256().update(bytes).digest();
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** One bundle under check. */
export class Bundle {
  /**
   * @param {Map<string, Uint8Array>} files by name
   * @param {string[]|null} keys public keys of this expo as known from elsewhere, in base64; null: not known
   * @param {{tracker: string, revision: number, leaf: string}[]} asked receipts to be found in the ledger
   * @param {(done: number, of: number) => void} progress bytes of the long files
   */
  constructor(files, keys = null, asked = [], progress = () => {}) {
    this.files = files;
    this.keys = keys;
    this.asked = asked;
    const of = ['ledger.jsonl', 'ballots.jsonl'].reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
    this.progress = done => progress(done, of);
  }
  bytes(name) { return this.files.get(name) ?? wrong('file-missing', { file: name }); }
  text(name) { return textOf(this.bytes(name), name); }
  json(name) { return parsed(this.bytes(name), name); }

  async check_files() {
    for (const name of [...this.files.keys()].sort()) if (!FILES.includes(name)) wrong('file-strange', { file: name });
    for (const name of FILES) this.bytes(name);
    const line = this.text('vkey');
    if (!line.endsWith('\n')) wrong('note-vkey', { file: 'vkey' });
    this.vkey = told(() => parseVkey(line.slice(0, -1)), 'vkey');
    await this.names('index.note', 'index.json', 'sawt-bundle/v1');
    const index = this.json('index.json');
    if (!fits(index, INDEX)) wrong('file-shape', { file: 'index.json' });
    for (const name of INDEXED) {
      const { sha256: said, size } = index.files[name], bytes = this.bytes(name);
      if (bytes.length !== size || hex(await digest(bytes)) !== said) wrong('file-changed', { file: name });
    }
    this.manifest = this.json('manifest.json');
    const { sid, origin } = this.manifest;
    if (!fits(this.manifest, MANIFEST) || origin !== this.vkey.name || sid !== index.sid || !origin.endsWith(`/${sid}`)) wrong('file-shape', { file: 'manifest.json' });
    await this.names('result.note', 'result.json', 'sawt-result/v1');
  }
  /** Whether a note names the digest of a file; its signature is looked at with the others. */
  async names(note, file, kind) {
    const { text } = told(() => parseNote(this.text(note), this.vkey), note);
    if (!saysDigest(text, kind, this.vkey.name, await digest(this.bytes(file)))) wrong('note-digest', { file, note });
  }

  /** Whether the key is one this expo publishes. */
  async check_key() {
    if (this.keys === null) return { state: 'unknown', code: 'key-alone', facts: { vkey: this.text('vkey').trim() } };
    return this.keys.includes(toBase64(this.vkey.key)) ? null : wrong('key-strange', { file: 'vkey' });
  }

  async check_signatures() {
    const notes = told(() => notesIn(this.bytes('checkpoints.txt')), 'checkpoints.txt');
    const all = [['index.note', this.text('index.note')], ['result.note', this.text('result.note')], ...notes.map(one => ['checkpoints.txt', one])];
    const read = all.map(([file, note]) => ({ file, ...told(() => parseNote(note, this.vkey), file) }));
    this.checkpoints = read.slice(2).map(({ text }) => told(() => parseCheckpoint(text, this.vkey.name), 'checkpoints.txt'));
    const check = await checker(this.vkey).catch(error => { throw blamed(error, 'vkey'); });
    if (!check) return { state: 'unknown', code: 'no-ed25519', facts: {} };
    for (const { file, text, signature } of read) if (!(await check(signature, utf8(text)))) wrong('note-signature', { file });
    return { facts: { n: read.length } };
  }

  async check_ledger() {
    this.ledger = new Ledger(this.manifest.sid, this.checkpoints, new Set(this.asked.map(one => one.tracker)));
    told(() => this.ledger.read(this.bytes('ledger.jsonl'), this.progress), 'ledger.jsonl');
    return { facts: { n: this.ledger.tree.size, root: hex(this.ledger.tree.root) } };
  }

  /** Manifest and rules are those the first record fixed at the opening. */
  async check_words() {
    const { open } = this.ledger, { manifest } = this;
    const groups = manifest.groups.map(({ id, w, full, min, audit }) => ({ full, id, min, w, ...(audit === 'sealed' ? { audit } : {}) }));
    const said = { ...Object.fromEntries(Object.keys(SAME).map(name => [name, manifest[name]])), groups, options: manifest.options.map(one => one.id) };
    const found = difference(Object.fromEntries(Object.keys(said).map(name => [name, open[name]])), said);
    if (found) wrong('manifest', { file: 'manifest.json', ...found });
    const rules = hex(sha256(this.bytes('rules.ar.txt'), this.bytes('rules.en.txt')));
    if (rules !== open.rules_hash) wrong('rules', { file: 'rules.ar.txt' });
    for (const language of ['ar', 'en']) this.namesOptions(language);
  }
  /** Whether the titles are those the rules in words were fixed with: else two could change places. */
  namesOptions(language) {
    const shown = text => text[language] || text.ar || text.en;
    const lines = this.manifest.options.map(one => `* ${one.id}: ${shown(one.title)} (${shown(one.entity_name)})\n`).join('');
    if (this.text(`rules.${language}.txt`).includes(`\n${lines}\n`)) return;
    wrong('manifest', { file: 'manifest.json', path: `options.title.${language}`, published: short(lines), counted: short(this.text(`rules.${language}.txt`)) });
  }

  async check_ballots() {
    const before = this.bytes('ledger.jsonl').length;
    this.openings = new Openings(this.ledger);
    told(() => this.openings.read(this.bytes('ballots.jsonl'), done => this.progress(before + done)), 'ballots.jsonl');
    const { latest, close } = this.ledger, aside = [...latest.values()].filter(({ status }) => status !== 'counted').length;
    return { facts: { n: latest.size, back: close.withdrawn, aside } };
  }

  async check_lot() { this.ledger.lot(); }

  async check_result() {
    const counts = tallied(this.json('tally.json'), this.ledger, this.openings);
    const made = official(this.ledger, this.openings, counts);
    const published = this.text('result.json'), counted = encode(made);
    if (published !== counted) {
      const found = difference(this.json('result.json'), made) ?? { path: '', published: '', counted: '' };
      wrong('result', { file: 'result.json', ...found, byte: [...published].findIndex((one, at) => one !== counted[at]) });
    }
    this.result = made;
    const few = made.groups.filter(one => one.n < one.min).reduce((sum, one) => sum + one.n, 0);
    return { facts: { n: made.ballots - few, few } };
  }

  /** Whether the program in the bundle, which nothing here uses, is the one announced at the opening. */
  async check_program() {
    const same = hex(await digest(this.bytes('verify.py'))) === this.ledger.open.code_hash;
    return same ? null : { state: 'unknown', code: 'program-other', facts: { file: 'verify.py' } };
  }

  /** Where each receipt asked about stands in the ledger. */
  receipts() {
    return this.asked.map(({ tracker, revision, leaf }) => {
      const found = this.ledger.found.get(tracker)?.find(one => one.rev === revision);
      if (!found) return { tracker, state: 'absent' };
      const { rev, status } = this.ledger.latest.get(tracker);
      if (found.leaf !== leaf) return { tracker, state: 'other' };
      return { tracker, state: rev === revision ? status : 'replaced', index: found.index };
    });
  }
}

/**
 * Run all checks.
 * @param tell hears {check, state: 'running'|'right'|'unknown'|'wrong', code, facts} as they come
 * @returns whether nothing was wrong
 */
export async function verify(bundle, tell) {
  for (const check of CHECKS) {
    tell({ check, state: 'running' });
    try {
      tell({ check, state: 'right', code: '', facts: {}, ...await bundle[`check_${check}`]() });
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      tell({ check, state: 'wrong', code: error.code, facts: error.facts });
      return false;
    }
  }
  return true;
}
