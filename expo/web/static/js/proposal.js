// The three steps of a proposal: counters, a look at the file's size, a warning before leaving. All optional.
import { announce, count, say } from './words.js';

const form = document.querySelector('.steps-form');

/** What is left of a field, told beside it; by ear only when little is left and the typing rests. */
function counter(field) {
  const told = document.getElementById(`${field.id}-count`), most = Number(field.dataset.most);
  if (!told) return;
  let rest;
  const show = spoken => {
    const left = most - [...field.value.trim()].length;
    told.textContent = count(left < 0 ? 'over' : 'left', Math.abs(left));
    told.classList.toggle('too', left < 0);
    clearTimeout(rest);
    if (spoken && left < most / 10) rest = setTimeout(() => announce(told.textContent), 900);
  };
  field.addEventListener('input', () => show(true));
  show(false);
}

/** A file that is too large is told before it travels. */
function sized(chooser) {
  const most = Number(chooser.dataset.mostMb);
  chooser.addEventListener('change', () => {
    const large = [...chooser.files].some(file => file.size > most * 1024 * 1024);
    chooser.setCustomValidity(large ? say('tooLarge', { n: most }) : '');
    if (large) chooser.reportValidity();
  });
  form.addEventListener('submit', event => {
    if (chooser.checkValidity()) return;
    event.preventDefault();
    chooser.reportValidity();
  });
}

document.querySelectorAll('[data-most]').forEach(counter);
form?.querySelectorAll('[data-most-mb]').forEach(sized);
// Who came for one field is led there; whoever has just saved, to what is to be mended.
(document.getElementById(location.hash.slice(1)) ?? document.getElementById('mend'))?.focus();

let isTouched = false;
form?.addEventListener('input', () => { isTouched = true; });
form?.addEventListener('submit', event => { if (!event.defaultPrevented) isTouched = false; });
addEventListener('beforeunload', event => { if (isTouched) event.preventDefault(); });
