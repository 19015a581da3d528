// The desk's cues to a presenter: sent in place, and what became of them as the console tells.
import { page, take } from './parts.js';
import { banner, connect } from './socket.js';
import { announce, say, warn } from './words.js';

const panel = document.getElementById('cues'), notice = document.getElementById('notice');
document.getElementById('which')?.addEventListener('change', event => event.target.form.submit());

const here = () => `${location.pathname}?session=${encodeURIComponent(panel.dataset.session)}`;
/** The panel as the server has it now; what somebody is typing is left alone. */
const look = async () => take(await page('GET', here()));

if (panel) {
  let last = '';
  connect(`/live/cues/${encodeURIComponent(panel.dataset.session)}`, {
    status: banner().status,
    console(frame) {
      const said = JSON.stringify([frame.turn, frame.cue]);
      if (last && said !== last) look();
      last = said;
    },
  });
  panel.addEventListener('submit', async event => {
    event.preventDefault();
    const form = event.target, data = new FormData(form, event.submitter);
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(data) });
      const told = await answer.json();
      notice.textContent = '';
      if (!answer.ok) { notice.textContent = told.message; notice.className = 'note err'; warn(told.message); return; }
      form.reset();
      announce(say('sent'));
      await look();
    } catch { notice.textContent = say('failed'); notice.className = 'note err'; warn(say('failed')); }
  });
}
