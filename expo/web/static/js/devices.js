// Screens and devices: looks again every few seconds, and leaves alone what somebody is typing in.
import { page, take } from './parts.js';

const EVERY = 4_000; // ms between two looks
const root = document.getElementById('p-devices').parentElement;

let changed = !!root.querySelector('[data-typed]'); // of a form that was refused, too
root.addEventListener('input', () => { changed = true; }); // until it is sent, which loads the page anew

async function look() {
  if (!document.hidden && !changed) {
    const fresh = await page('GET', location.pathname.replace(/\/key$/, ''));
    if (!changed) take(fresh);
  }
  setTimeout(look, EVERY);
}
setTimeout(look, EVERY);
