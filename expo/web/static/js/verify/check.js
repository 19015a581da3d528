// The page of the check: fetches or takes the files, sets the worker going, and says what it finds.
import { takeIn } from '../receipts/check.js';
import { all } from '../receipts/device.js';
import { announce, count, isolate, lang, number, say, text, words } from '../words.js';

const $ = id => document.getElementById(id);
const root = $('check'), list = $('list'), contest = root.dataset.contest;
const FILES = [
  'ballots.jsonl', 'checkpoints.txt', 'ledger.jsonl', 'manifest.json', 'result.json', 'result.note', 'rules.ar.txt', 'rules.en.txt',
  'tally.json', 'vkey', 'index.json', 'index.note', 'verify.py',
];
const MB = 1_000_000;
const LTR = ['file', 'note', 'root', 'vkey', 'tracker', 'path', 'published', 'counted'];

let worker = null, stop = new AbortController(), states = new Map();

// --- the list of checks ---

/** A sentence of the page whose foreign parts cannot reorder it. */
const worded = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (found, name) => {
  if (!(name in facts)) return found;
  return typeof facts[name] === 'number' ? number(facts[name]) : LTR.includes(name) ? `\u2066${facts[name]}\u2069` : isolate(facts[name]);
});
const problem = (code, facts = {}) => worded(words.problems[code] ?? words.codes[code] ?? code, facts);

const LOOKS = { right: 'ok', wrong: 'err', unknown: 'warn', running: 'soft' };

function details(check, { state, code, facts }) {
  if (code) return problem(code, facts);
  if (state !== 'right' || facts?.n === undefined) return '';
  const many = (forms, n) => (forms[new Intl.PluralRules(lang).select(n)] ?? forms.other).replace('{n}', number(n));
  const told = [many(words.told[check], facts.n), ...['back', 'aside', 'few'].filter(one => facts[one]).map(one => many(words.told[one], facts[one]))];
  if (facts.root) told.push(worded(words.root, { root: facts.root }));
  return told.join(' · ');
}

function show(check, told) {
  states.set(check, told.state);
  const li = list.querySelector(`[data-check="${check}"]`), more = li.querySelector('[data-p]'), pill = li.querySelector('[data-s]');
  li.dataset.state = told.state;
  pill.className = ['pill', LOOKS[told.state]].filter(Boolean).join(' ');
  pill.textContent = words.states[told.state];
  more.textContent = details(check, told);
  more.hidden = !more.textContent;
}

const names = [...list.children].map(li => li.dataset.check);
const clean = () => names.forEach(check => show(check, { state: 'waiting' }));

// --- how far it is ---

function progress(part, told) {
  $('bar').hidden = part === null;
  if (part === null) return;
  $('done').value = part;
  $('part').textContent = told;
}

function verdict(kind, sentence, ended = null) {
  const box = $('verdict');
  box.hidden = false;
  box.dataset.kind = kind;
  box.querySelector('[data-yes]').hidden = kind !== 'right';
  box.querySelector('[data-no]').hidden = kind === 'right';
  box.querySelector('[data-h]').textContent = say(kind === 'failed' ? 'failed' : kind);
  box.querySelector('[data-p]').textContent = sentence;
  box.querySelector('[data-order]').replaceChildren(...(ended?.ranks ? places(ended) : []));
  box.querySelector('[data-time]').textContent = ended ? say('time', { seconds: number(Math.max(1, Math.round(ended.ms / 100)) / 10) }) : '';
  box.querySelector('[data-h]').focus({ preventScroll: true });
  box.scrollIntoView({ block: 'nearest' });
}

/** The order as it was counted here: [place] titles. */
function places({ ranks, options }) {
  const titles = new Map(options.map(one => [one.id, text(one.title)]));
  let place = 1;
  return ranks.map(rank => {
    const li = document.createElement('li'), at = document.createElement('span'), shown = document.createElement('span');
    at.className = 'num';
    at.textContent = number(place);
    place += rank.length;
    rank.forEach((id, n) => {
      const title = document.createElement('bdi');
      title.textContent = titles.get(id) ?? id;
      shown.append(n ? ' · ' : '', title);
    });
    li.append(at, shown);
    return li;
  });
}

// --- receipts of this device ---

const mine = () => all().filter(one => one.contest === contest && one.leaf);

function receipts(found) {
  const own = mine();
  $('own').hidden = !own.length;
  $('receipts').replaceChildren(...own.map(({ tracker, revision }, n) => {
    const li = document.createElement('li'), code = document.createElement('a'), told = document.createElement('span');
    const state = found?.[n]?.state;
    code.className = 'tracker ltr';
    code.href = `/${lang}/receipt/${encodeURIComponent(tracker)}`;
    code.textContent = `${tracker.match(/.{4}/g).join('-')}${revision > 1 ? ` (${number(revision)})` : ''}`;
    told.className = `pill ${state === 'counted' ? 'ok' : state === 'other' || state === 'absent' ? 'err' : 'warn'}`;
    told.textContent = state ? words.receipts[state] : words.states.waiting;
    li.append(code, ' ', told);
    return li;
  }));
}

// --- a run ---

function end() {
  worker?.terminate();
  worker = null;
  stop.abort();
  $('start').disabled = false;
  $('stop').hidden = true;
  progress(null);
}

function failed(code, facts) {
  end();
  verdict('failed', problem(code, facts));
}

function finished(ended) {
  end();
  names.filter(check => states.get(check) === 'waiting').forEach(check => show(check, { state: 'skipped' }));
  const here = ended.sid === contest, partly = names.some(check => states.get(check) === 'unknown' && check !== 'program');
  const wrong = names.find(check => states.get(check) === 'wrong');
  const kind = wrong ? 'wrong' : !here ? 'other' : partly ? 'partly' : 'right';
  const about = kind === 'other' ? `${say('about', { title: isolate(text(ended.title)) })} ` : '';
  const sentence = wrong ? list.querySelector(`[data-check="${wrong}"] [data-p]`).textContent : say(ended.ranks.length ? 'same' : 'nobody');
  verdict(kind, about + sentence, wrong ? null : ended);
  receipts(here ? ended.receipts : null);
  announce(`${say('ended')} ${say(kind)}`);
}

function heard({ data }) {
  switch (data.type) {
    case 'progress': return progress(data.done / data.of, worded(words.done, { n: Math.floor((100 * data.done) / data.of) }));
    case 'check': return show(data.check, data);
    case 'end': return finished(data);
    default: return failed(data.code, { what: data.what });
  }
}

/** The policy of this page lets a worker be made from this one address. */
function ownWorker() {
  const address = new URL('./worker.js', import.meta.url).href;
  const policy = globalThis.trustedTypes?.createPolicy('sawt-worker', { createScriptURL: () => address });
  return () => new Worker(policy ? policy.createScriptURL('') : address, { type: 'module' });
}
const made = ownWorker();

/** The keys this expo publishes; null where they cannot be had. */
async function keys(signal) {
  const answer = await fetch('/ledger/keys.json', { signal }).catch(() => null);
  return answer?.ok ? (await answer.json()).keys.map(one => one.public) : null;
}

async function begin(files) {
  end();
  stop = new AbortController();
  const { signal } = stop;
  clean();
  receipts(null);
  $('verdict').hidden = true;
  $('start').disabled = true;
  $('stop').hidden = false;
  announce(say('began'));
  try {
    const asked = { keys: await keys(signal), receipts: mine().map(({ tracker, revision, leaf }) => ({ tracker, revision, leaf })), ...await files(signal) };
    if (signal.aborted) return;
    worker = made();
    worker.onmessage = heard;
    worker.onerror = () => failed('worker');
    worker.postMessage(asked);
  } catch {
    if (!signal.aborted) failed('load');
  }
}

/** The published files, one after the other, with how much has come. */
async function published(signal) {
  const found = [];
  let done = 0;
  for (const [n, name] of FILES.entries()) {
    const answer = await fetch(`/results/${encodeURIComponent(contest)}/bundle/${name}`, { signal, cache: 'no-cache' });
    if (!answer.ok) throw new Error(String(answer.status));
    const blob = await answer.blob();
    done += blob.size;
    found.push([name, blob]);
    progress((n + 1) / FILES.length, `${say('fetching')} · ${number(Math.round(done / MB * 10) / 10)} MB`);
  }
  return { files: found };
}

/** Files from the disk: one ZIP, or those of a folder. */
function given(chosen) {
  const files = [...chosen];
  if (!files.length) return;
  const [zip] = files.filter(one => one.name.toLowerCase().endsWith('.zip'));
  if (!zip && !files.some(one => FILES.includes(one.name))) { failed('none'); return; }
  begin(async () => (zip ? { zip } : { files: files.map(one => [one.name, one]) }));
}

$('start').addEventListener('click', () => begin(published));
$('stop').addEventListener('click', () => {
  end();
  clean();
  announce(say('stopped'));
  $('start').focus();
});
$('files').addEventListener('click', event => { event.target.value = ''; }); // the same file may have changed
$('files').addEventListener('change', event => given(event.target.files));
for (const kind of ['dragenter', 'dragover']) $('drop').addEventListener(kind, event => { event.preventDefault(); $('drop').classList.add('over'); });
for (const kind of ['dragleave', 'drop']) $('drop').addEventListener(kind, () => $('drop').classList.remove('over'));
$('drop').addEventListener('drop', event => { event.preventDefault(); given(event.dataTransfer.files); });
await takeIn(root.dataset.site);
receipts(null);
