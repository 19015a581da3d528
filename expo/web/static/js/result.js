// Where this device's own ballot put what stands in a result; nothing of it leaves the device.
import { all } from './receipts/device.js';
import { say } from './words.js';

const { contest } = document.getElementById('result').dataset;
const own = all().filter(one => one.contest === contest && one.status === 'counted')
  .sort((one, other) => Date.parse(other.accepted_at) - Date.parse(one.accepted_at))[0];

for (const place of own ? document.querySelectorAll('[data-own]') : []) {
  const n = own.ranking.indexOf(place.dataset.own) + 1;
  if (n) place.textContent = say('yours', { n });
  place.hidden = !n;
}
