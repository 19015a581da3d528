// Looks at receipts: what this device sent against what the server says it recorded, and the ledger.
import { find, fresh, keys, learnKeys, put } from './device.js';
import { leafOf, promised, sealed } from './promise.js';

const WAIT = 10_000; // ms after which a silent server counts as gone
const NEWS = 2_000; // ms after which every node knows of a new key
const LATE = 5_000; // ms beyond the promised time until a missing leaf is called missing

async function ask(path) {
  const answer = await fetch(path, { credentials: 'same-origin', signal: AbortSignal.timeout(WAIT), cache: 'no-cache' });
  if (answer.ok || answer.status === 404) return answer;
  throw new Error(String(answer.status));
}

/** Ask for the expo's public keys; those known before are enough where there is no answer. */
export async function askKeys() {
  try {
    const answer = await ask('/ledger/keys.json');
    if (answer.ok) learnKeys((await answer.json()).keys.map(one => one.public));
  } catch { /* offline */ }
}

const alike = (one, other) => one.length === other.length && one.every((id, n) => id === other[n]);

/**
 * What is wrong with a receipt for what was sent: `ranking` or `nonce` (another was recorded), `leaf`
 * (it is the hash of something else), `promise` (its signature or path is not good); null for nothing.
 */
export async function difference(receipt, sent, site) {
  if (Array.isArray(sent?.ranking) && !alike(sent.ranking, receipt.ranking)) return 'ranking';
  if (sent?.nonce && sent.nonce !== receipt.nonce) return 'nonce';
  if (receipt.leaf && leafOf(receipt) !== receipt.leaf) return 'leaf';
  return (await isBroken(receipt, site)) ? 'promise' : null;
}

/** Whether a promise is bad by every key there is: the expo may have a new one, and a node that just learns of it. */
async function isBroken(receipt, site) {
  if (!receipt.proof) return false;
  const isGood = async () => keys().length > 0 && (await promised(receipt, site, keys())) !== 'bad';
  if (await isGood()) return false;
  await askKeys();
  if (!keys().length || await isGood()) return false;
  await new Promise(done => { setTimeout(done, NEWS); });
  await askKeys();
  return !(await isGood());
}

/** Take in what was received since: each is looked at and kept. Returns those that differ. */
export async function takeIn(site) {
  const bad = [];
  for (const { receipt, sent, title, names } of fresh()) {
    put({ ...receipt, title, names }); // whatever becomes of this page meanwhile
    const differs = await difference(receipt, sent, site);
    const found = put({ ...receipt, title, names, differs }) ?? put({ ...receipt, differs });
    if (found?.differs) bad.push(found);
  }
  return bad;
}

/** The ledger's proof for a receipt: its text, null while there is none. @throws The server cannot be asked. */
async function proofOf({ contest, tracker, revision }) {
  const answer = await ask(`/ledger/${encodeURIComponent(contest)}/proof/${tracker}/${revision}`);
  return answer.ok ? answer.text() : null;
}

/**
 * Where a receipt stands: {seal: `good`, `unchecked`, `bad`, `waiting`, `missing` or `unknown` (not reached),
 * stored: whether only what is kept here was looked at, index, size, root}.
 * @param now The server's clock, in ms.
 */
export async function standing(receipt, site, now) {
  let text = null, reached = false;
  try {
    if (navigator.onLine !== false) {
      await askKeys();
      text = await proofOf(receipt);
      reached = true;
    }
  } catch { /* what is kept here is looked at */ }
  if (text === null && receipt.seal) text = receipt.seal;
  else if (text === null) return { seal: reached ? waited(receipt, now) : 'unknown' };
  const { state, ...place } = await sealed(text, receipt.leaf, `${site}/${receipt.contest}`, keys());
  if (state !== 'bad' && reached && find(receipt.tracker, receipt.revision)) put({ ...receipt, seal: text });
  return { seal: state, stored: !reached, ...place };
}

const waited = ({ included_by: until }, now) => (until && now > Date.parse(until) + LATE ? 'missing' : 'waiting');
