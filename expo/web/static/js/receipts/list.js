// The receipts on this device, each with where it stands.
import { announce, clock, count, grouped, lang, say, words } from '../words.js';
import { askKeys, standing, takeIn } from './check.js';
import { all, forget, isReplaced, keys } from './device.js';
import { leafOf, promised } from './promise.js';
import { element, finding, sealNote, serverNow } from './shown.js';

const $ = id => document.getElementById(id);
const list = $('receipts'), site = words.site;

/** What the ballot says, folded: somebody may be looking over a shoulder. */
function said({ ranking, names, differs }) {
  if (!ranking.length) return element('p', 'quiet', say('withdrawn'));
  const fold = element('details', 'fine'), items = element('ol', 'mine-list');
  fold.append(element('summary', '', words.ranking));
  fold.open = Boolean(differs);
  items.append(...ranking.map((id, n) => {
    const item = element('li'), line = element('span'), name = element('bdi', '', names?.[n] ?? id);
    line.append(name);
    item.append(line);
    return item;
  }));
  fold.append(items);
  return fold;
}

function head({ title, contest, tracker, revision, accepted_at: at }) {
  const box = element('div', 'what'), name = element('h2'), link = element('a'), label = element('bdi', '', title ?? contest);
  link.href = `/${lang}/receipt/${tracker}#${revision}`;
  link.append(label);
  name.append(link);
  const code = element('bdi', 'tracker ltr', grouped(tracker));
  const more = [say('savedAt', { time: clock(at) }), ...(revision > 1 ? [say('version', { n: revision })] : [])];
  box.append(name, code, element('small', '', more.join(' · ')));
  return box;
}

async function state(receipt) {
  const differs = receipt.differs || (receipt.nonce && receipt.leaf && leafOf(receipt) !== receipt.leaf);
  if (differs) return [finding(words.leaf.differs)];
  if (!receipt.leaf) return [];
  const promise = await promised(receipt, site, keys());
  const notes = [sealNote(await standing(receipt, site, serverNow()), receipt)];
  if (promise === 'bad' && keys().length) notes.unshift(finding(words.promise.bad));
  if (isReplaced(receipt)) notes.unshift(finding(['warn', words.replaced, '']));
  return notes;
}

function show() {
  const found = all();
  $('none').hidden = found.length > 0;
  $('tools').hidden = $('forget').hidden = !found.length;
  $('how-many').textContent = found.length ? count('count', found.length) : '';
  list.replaceChildren(...found.map(receipt => {
    const item = element('li', 'card'), notes = element('div', 'notes');
    item.append(head(receipt), notes, said(receipt));
    return item;
  }));
  return found;
}

async function look() {
  await takeIn(site);
  const found = show();
  await askKeys();
  for (const [n, receipt] of found.entries()) list.children[n]?.querySelector('.notes').replaceChildren(...await state(receipt));
}

$('again').addEventListener('click', async () => { await look(); announce(say('checked', { what: count('count', all().length) })); });
$('remove').addEventListener('click', () => {
  forget();
  show();
  announce(say('gone'));
  $('main').focus();
});
look();
