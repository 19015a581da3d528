// Questions in a session's page: follows the live frames, asks and supports without leaving the page.
import { announce, count, fill, lang, number, words } from './words.js';

const root = document.getElementById('questions');
const told = JSON.parse(document.getElementById('asking').textContent);
words.moreQuestions = told.more;
const list = document.getElementById('asked'), own = document.getElementById('own');
const form = document.getElementById('ask'), base = `/${lang}/session/${encodeURIComponent(root.dataset.session)}`;
const AGAIN = 5_000; // ms between two looks at what became of one's own questions
let supported = new Set(), mine = [], state = null, looking = 0;

/** Post a form's fields; the answer's JSON, with ok saying whether it was a yes. */
async function post(path, fields) {
  try {
    const answer = await fetch(base + path, { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(fields) });
    return { ok: answer.ok, ...await answer.json() };
  } catch { return { ok: false, message: told.failed }; }
}

function fillCard(li, one) {
  li.className = `q ${one.state}`;
  const text = li.querySelector('.t');
  if (text.textContent !== one.text) text.textContent = one.text;
  li.querySelector('[data-answered]').hidden = one.state !== 'answered';
  const n = li.querySelector('[data-supports]');
  if (n.textContent !== number(one.supports)) n.textContent = number(one.supports);
  const button = li.querySelector('button'), on = supported.has(one.id);
  if (!button) return;
  button.setAttribute('aria-pressed', on);
  button.querySelector('.vh').textContent = `${told.supportIt} ${one.text}, `;
  li.querySelector('[name=on]').value = on ? 'no' : 'yes';
}
function card(one) {
  const li = document.getElementById('q-one').content.firstElementChild.cloneNode(true);
  li.dataset.id = one.id;
  const support = li.querySelector('form');
  if (support) support.action = `${base}/questions/${encodeURIComponent(one.id)}/support`;
  return li;
}
/** Put the cards in the frame's order; those under a finger or the keyboard keep the focus. */
function show() {
  if (!state) return;
  const known = new Map([...list.children].map(li => [li.dataset.id, li]));
  const focus = list.contains(document.activeElement) ? document.activeElement : null;
  state.questions.forEach((one, place) => {
    const li = known.get(one.id) ?? card(one);
    known.delete(one.id);
    fillCard(li, one);
    if (list.children[place] !== li) list.insertBefore(li, list.children[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
  focus?.isConnected && focus.focus({ preventScroll: true });
  document.getElementById('asks-closed').hidden = state.open;
  document.getElementById('asks-form').hidden = !state.open;
  document.getElementById('asks-empty').hidden = !state.open || state.questions.length > 0 || mine.length > 0;
  const rest = document.getElementById('asks-more');
  rest.hidden = !state.more;
  rest.textContent = state.more ? count('moreQuestions', state.more) : '';
}
function showOwn() {
  const rest = mine.filter(one => !['shown', 'sent', 'answered'].includes(one.state));
  own.hidden = !rest.length;
  own.replaceChildren(...rest.map(one => {
    const li = document.getElementById('q-own').content.firstElementChild.cloneNode(true);
    li.querySelector('.t').textContent = one.text;
    li.querySelector('[data-state]').textContent = one.reason ? fill(told.because, { reason: told.reasons[one.reason] }) : told.states[one.state];
    return li;
  }));
}
function take(answer) {
  mine = answer.own;
  if (!state || answer.state.version >= state.version) state = answer.state;
  supported = new Set(answer.supported);
  showOwn();
  show();
}
async function look() {
  looking = 0;
  try {
    const answer = await fetch(`${base}/questions/mine`, { headers: { Accept: 'application/json' } });
    if (answer.ok) take(await answer.json());
  } catch { /* the next frame asks again */ }
}

document.addEventListener('frame:questions', event => {
  state = event.detail;
  show();
  // Only who waits for something asks what became of it, and not all at one moment.
  if (mine.some(one => one.state === 'waiting')) looking ||= setTimeout(look, AGAIN / 2 + Math.random() * AGAIN / 2);
});

const wrong = document.getElementById('ask-error'), field = document.getElementById('ask-text'), left = document.getElementById('ask-left');
const rest = () => { left.textContent = number(Number(left.dataset.most) - field.value.length); };
field?.addEventListener('input', rest);
if (field) rest();
form?.addEventListener('submit', async event => {
  event.preventDefault();
  const button = form.querySelector('button');
  if (button.ariaDisabled === 'true') return;
  button.ariaDisabled = 'true';
  const answer = await post('/questions', { text: field.value });
  button.ariaDisabled = null;
  wrong.hidden = answer.ok;
  wrong.textContent = answer.ok ? '' : answer.message;
  field.toggleAttribute('aria-invalid', !answer.ok);
  if (!answer.ok) { field.focus(); return; }
  field.value = '';
  rest();
  take(answer);
  announce(told.asked);
});
list.addEventListener('submit', async event => {
  event.preventDefault();
  const li = event.target.closest('li'), id = li.dataset.id, on = !supported.has(id);
  const answer = await post(`/questions/${encodeURIComponent(id)}/support`, { on: on ? 'yes' : 'no' });
  if (answer.ok) { take(answer); announce(on ? told.supported : told.unsupported); } else announce(answer.message);
});
document.getElementById('react')?.addEventListener('submit', async event => {
  event.preventDefault();
  const answer = await post('/reactions', { kind: event.submitter?.value ?? '' });
  announce(answer.ok ? told.felt : answer.message);
});
look().then(() => { root.dataset.live = ''; });
