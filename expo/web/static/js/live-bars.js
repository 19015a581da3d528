// Ranked bars: rows kept by key, so that a bar grows and a row slides instead of being made anew.

const LONGEST = 700; // ms a row slides

function make() {
  const li = document.createElement('li');
  for (const name of ['r num', 'n', 'v num', 'tr']) {
    const el = document.createElement('span');
    el.className = name;
    if (name === 'tr') { el.setAttribute('aria-hidden', 'true'); el.append(document.createElement('i')); }
    li.append(el);
  }
  return li;
}

/** Names of one row, each isolated, with what stands small behind them. */
function name(cell, names, small) {
  const said = JSON.stringify([names, small]);
  if (cell.dataset.said === said) return;
  cell.dataset.said = said;
  cell.replaceChildren();
  names.forEach((one, at) => {
    const el = document.createElement('bdi');
    el.textContent = one;
    if (at) cell.append(' · ');
    cell.append(el);
  });
  for (const one of small) {
    const el = document.createElement('small'), inner = document.createElement('bdi');
    inner.textContent = one;
    el.append(inner);
    cell.append(' ', el);
  }
}

function dress(li, row, calm) {
  // a place just revealed fades in, once: what is there already never does it again
  const fresh = row.now && !calm && (li.classList.contains('hide') || li.classList.contains('fresh'));
  li.className = [row.lead && 'lead', row.now && 'now', row.hidden && 'hide', fresh && 'fresh'].filter(Boolean).join(' ');
  const [r, n, v] = li.children;
  r.textContent = row.rank;
  name(n, row.names ?? [], row.small ?? []);
  v.textContent = row.value ?? '';
  li.style.setProperty('--p', row.hidden ? 0 : row.part);
}

/**
 * Show rows in this order.
 * rows: {key, rank, names, small, value, part (0..1 of the longest), lead, now, hidden}; a hidden one has
 * neither names nor value. calm: nothing moves.
 */
export function bars(list, rows, calm) {
  const old = new Map([...list.children].map(li => [li.dataset.key, li]));
  const tops = new Map([...old.values()].map(li => [li, li.getBoundingClientRect().top]));
  const next = rows.map(row => {
    const li = old.get(row.key) ?? make();
    if (!old.has(row.key)) {
      li.dataset.key = row.key;
      li.style.setProperty('--p', 0);
    }
    return li;
  });
  list.replaceChildren(...next);
  list.classList.toggle('dense', rows.length > 7);
  if (!calm) void list.offsetWidth; // new bars start from nothing
  rows.forEach((row, at) => dress(next[at], row, calm));
  if (calm) return;
  for (const [li, top] of tops) {
    const by = li.isConnected ? top - li.getBoundingClientRect().top : 0;
    if (by) li.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], { duration: LONGEST, easing: 'cubic-bezier(.2,.8,.2,1)' });
  }
}
