// The page of one receipt: checks it when it opens, and again when asked.
import { announce, isolate, say, words } from '../words.js';
import { askKeys, difference, standing, takeIn } from './check.js';
import { find, keys, put } from './device.js';
import { fileOf, leafOf, promised } from './promise.js';
import { finding, sealNote, serverNow } from './shown.js';

const root = document.querySelector('.proofs'), out = document.getElementById('proofs');
const { tracker, contest, leaf } = root.dataset, revision = Number(root.dataset.revision);
const site = words.site;

/** Version and leaf in the address, as a QR code has them; null where there are none. */
function inAddress() {
  const [, version, hash] = /^#([1-9][0-9]{0,9})\.([0-9a-f]{64})$/.exec(location.hash) ?? [];
  return hash ? { version: Number(version), hash } : null;
}

/** What is to be said about the leaf somebody kept as a QR code. */
function codeNote({ version, hash }) {
  if (version < revision) return finding(['warn', words.replaced, '']);
  return finding(words.code[version === revision && hash === leaf ? 'same' : 'other']);
}

/** The receipt on this device, or what the server says of one's own. */
async function mine() {
  await takeIn(site);
  const stored = find(tracker, revision);
  if (!words.receipt) return stored;
  const differs = stored ? null : await difference(words.receipt, null, site);
  if (stored && stored.leaf !== words.receipt.leaf) return put({ ...stored, differs: 'leaf' });
  return put({ ...words.receipt, ...(stored ?? {}), status: words.receipt.status, differs: stored?.differs ?? differs });
}

async function leafNotes(receipt) {
  if (!receipt?.nonce) return [finding(words.leaf.elsewhere)];
  const bad = receipt.differs || leafOf(receipt) !== leaf;
  await askKeys();
  return [finding(words.leaf[bad ? 'differs' : 'same']), finding(words.promise[await promised(receipt, site, keys())])];
}

/** Offer the receipt, with what is known of it by now, as a file. */
function offer() {
  const text = fileOf(find(tracker, revision)), link = document.getElementById('save');
  if (!text) return;
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.hidden = false;
}

async function look() {
  out.setAttribute('aria-busy', 'true');
  const receipt = await mine(), notes = await leafNotes(receipt), kept = inAddress();
  if (kept) notes.push(codeNote(kept));
  // what this device can work out itself, or somebody kept, is looked for; not what the server says
  const own = kept?.version === revision ? kept.hash : null;
  const about = { tracker, contest, revision, ...(receipt ?? {}), leaf: (receipt && leafOf(receipt)) || own || leaf };
  const found = await standing(about, site, serverNow());
  out.replaceChildren(...notes, sealNote(found, about));
  offer();
  out.removeAttribute('aria-busy');
  return words.seal[found.seal][1];
}

document.getElementById('again').addEventListener('click', async () => {
  announce(say('checked', { what: isolate(await look()) }));
});
look();
