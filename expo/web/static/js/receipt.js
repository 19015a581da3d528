// The receipt in a sheet: number, ranking, and taking the ballot back; loaded when it is asked for.
import { tagOf } from './places.js';
import { announce, clock, lang, say } from './words.js';

const $ = id => document.getElementById(id);
let shown = null, remove = () => {};

/** Show a receipt; cards is the <rank-list>, withdraw() takes the ballot back. */
export function open(receipt, cards, withdraw) {
  shown = receipt;
  remove = withdraw;
  $('receipt-at').textContent = say('savedAt', { time: clock(receipt.accepted_at) });
  $('receipt-a').href = `/${lang}/receipt/${encodeURIComponent(receipt.tracker)}`;
  $('receipt-list').replaceChildren(...receipt.ranking.map(id => {
    const li = document.createElement('li'), line = document.createElement('span'), name = document.createElement('bdi');
    name.textContent = cards.card(id) ? cards.name(cards.card(id)) : id;
    line.append(name, ' ', tagOf(cards, id) ?? '');
    li.append(line);
    return li;
  }));
  $('undo').open = false;
  $('receipt').showModal();
}

$('withdraw').addEventListener('click', () => { $('receipt').close(); remove(); });
$('copy').addEventListener('click', async () => {
  try { await navigator.clipboard.writeText(shown.tracker); } catch { return; }
  $('copy').lastElementChild.textContent = say('copied');
  announce(say('copied'));
});
