// <rank-list>: tap to add, drag by the grip, up and down, a sheet of places, Alt+arrows. No dependency.
// The server renders a working form with one <select> per card; this file upgrades it.
import { announce, count, fill, isolate, say, words } from './words.js';

const still = matchMedia('(prefers-reduced-motion: reduce)');
const EDGE = 90, BAR = 96; // px from the edge at which a drag scrolls; height of the bar below

class RankList extends HTMLElement {
  connectedCallback() {
    this.ranked = this.querySelector('.ranked');
    this.pool = this.querySelector('.pool');
    this.max = Number(this.getAttribute('max'));
    this.neutral = [...this.querySelectorAll('.item')].filter(x => this.pool.contains(x));
    this.addEventListener('click', e => this.onClick(e));
    this.addEventListener('keydown', e => this.onKey(e));
    this.addEventListener('pointerdown', e => this.onDown(e));
    this.paint();
  }
  get cards() { return [...this.ranked.querySelectorAll('.item')]; }
  /** Ids in rank order. */
  get order() { return this.cards.map(x => x.dataset.id); }
  set order(ids) {
    const all = new Map([...this.querySelectorAll('.item')].map(x => [x.dataset.id, x]));
    this.pool.append(...all.values());
    this.ranked.append(...ids.filter(id => all.has(id)).slice(0, this.max).map(id => all.get(id)));
    this.paint();
  }
  get total() { return this.querySelectorAll('.item').length; }
  name(li) { return li.querySelector('.n').textContent.trim(); }
  card(id) { return this.querySelector(`.item[data-id="${CSS.escape(id)}"]`); }

  onClick(e) {
    const b = e.target.closest('button'), li = b?.closest('.item');
    if (!li) return;
    if (b.matches('.add')) this.add(li);
    else if (b.matches('.up')) this.step(li, -1, b);
    else if (b.matches('.dn')) this.step(li, 1, b);
    else this.sheet(li, b);
  }
  onKey(e) {
    const li = e.target.closest('.item');
    if (!li || !e.altKey || !this.ranked.contains(li)) return;
    if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
    e.preventDefault();
    this.step(li, e.key === 'ArrowUp' ? -1 : 1, e.target);
  }
  add(li) {
    if (this.cards.length >= this.max) announce(count('full', this.max));
    else this.place(li, this.cards.length, li.querySelector('.t'));
  }
  step(li, by, focus) {
    const i = this.cards.indexOf(li), j = i + by;
    if (j < 0 || j >= this.cards.length) announce(say(by < 0 ? 'atTop' : 'atEnd'));
    else this.place(li, j, focus);
  }
  /** Every change goes through here: move, animate, repaint, one announcement. Index null takes it out. */
  place(li, index, focus, quiet) {
    const before = this.snap(), rest = this.cards.filter(x => x !== li);
    if (index === null) this.pool.append(li);
    else this.ranked.insertBefore(li, rest[index] ?? null);
    this.paint();
    this.flip(before);
    if (focus?.isConnected) {
      focus.focus({ preventScroll: true });
      if (focus.matches(':focus-visible')) focus.scrollIntoView({ block: 'nearest' }); // SC 2.4.11
    }
    if (!quiet) this.tell(li);
  }
  tell(li) {
    const i = this.cards.indexOf(li), name = isolate(this.name(li));
    announce(i < 0 ? say('saidOut', { name }) : say('saidAt', { name, n: i + 1, m: this.cards.length }));
    this.dispatchEvent(new CustomEvent('rankchange', { bubbles: true }));
  }
  paint() {
    const cards = this.cards, n = cards.length, full = n >= this.max;
    cards.forEach((li, i) => {
      li.querySelector('.grip .num').textContent = i + 1;
      li.querySelector('.up').setAttribute('aria-disabled', i === 0);
      li.querySelector('.dn').setAttribute('aria-disabled', i === n - 1);
      const t = li.querySelector('.t');
      t.className = 't open';
      t.removeAttribute('aria-disabled');
      t.querySelector('.vh').textContent = say('placeN', { n: i + 1 });
      t.setAttribute('aria-haspopup', 'dialog');
    });
    for (const li of this.pool.querySelectorAll('.item')) {
      const t = li.querySelector('.t');
      t.className = 't add';
      t.setAttribute('aria-disabled', full);
      t.removeAttribute('aria-haspopup');
      t.querySelector('.vh').textContent = full ? '' : say('addAt', { n: n + 1 });
    }
    for (const s of this.querySelectorAll('select')) s.value = cards.indexOf(s.closest('.item')) + 1 || '';
    this.querySelector('.hint').hidden = n > 0;
    this.querySelector('.pool-h').hidden = n === this.total;
    this.querySelector('#count').textContent = n ? fill(words.progress, { n, m: this.max }) : say('upTo', { n: this.max });
    this.querySelector('#left').textContent = this.total - n ? count('left', this.total - n) : '';
  }
  snap() { return new Map([...this.querySelectorAll('.item')].map(x => [x, x.getBoundingClientRect()])); }
  flip(before) {
    if (still.matches) return;
    for (const [el, was] of before) {
      const is = el.getBoundingClientRect(), dx = was.x - is.x, dy = was.y - is.y;
      if ((dx || dy) && !el.classList.contains('drag')) {
        el.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: 'none' }], { duration: 220, easing: 'cubic-bezier(.2,.8,.2,1)' });
      }
    }
  }
  onDown(e) {
    const grip = e.target.closest('.grip'), li = grip?.closest('.item');
    if (!li || e.button || !this.ranked.contains(li)) return;
    e.preventDefault();
    grip.setPointerCapture(e.pointerId);
    li.classList.add('drag');
    const start = this.cards, from = start.indexOf(li);
    let y0 = e.clientY, y = e.clientY, scroll0 = scrollY, frame = 0;
    const shift = () => y - y0 + (scrollY - scroll0);
    const follow = () => {
      li.style.transform = `translateY(${shift()}px)`;
      const box = li.getBoundingClientRect(), middle = box.top + box.height / 2;
      const i = this.cards.indexOf(li), up = this.cards[i - 1]?.getBoundingClientRect(), dn = this.cards[i + 1]?.getBoundingClientRect();
      const swap = up && middle < up.top + up.height / 2 ? -1 : dn && middle > dn.top + dn.height / 2 ? 1 : 0;
      if (!swap) return;
      const was = li.offsetTop;
      this.place(li, i + swap, null, true);
      y0 += li.offsetTop - was;
      li.style.transform = `translateY(${shift()}px)`;
    };
    const creep = () => {
      const by = y < EDGE ? -8 : y > innerHeight - BAR - EDGE ? 8 : 0;
      if (by) { scrollBy(0, by); follow(); }
      frame = requestAnimationFrame(creep);
    };
    const move = ev => { y = ev.clientY; follow(); };
    const end = keep => {
      cancelAnimationFrame(frame);
      grip.removeEventListener('pointermove', move);
      grip.removeEventListener('pointerup', drop);
      grip.removeEventListener('pointercancel', cancel);
      removeEventListener('keydown', escape, true);
      li.classList.remove('drag');
      li.style.transform = '';
      if (!keep) { this.ranked.append(...start); this.paint(); }
      if (this.cards.indexOf(li) !== from || !keep) this.tell(li);
    };
    const drop = () => end(true), cancel = () => end(false);
    const escape = ev => { if (ev.key === 'Escape') { ev.preventDefault(); end(false); } };
    grip.addEventListener('pointermove', move);
    grip.addEventListener('pointerup', drop);
    grip.addEventListener('pointercancel', cancel);
    addEventListener('keydown', escape, true);
    frame = requestAnimationFrame(creep);
  }
  sheet(li, opener) {
    const d = document.getElementById('sheet'), at = this.cards.indexOf(li), box = d.querySelector('.places');
    document.getElementById('sheet-h').textContent = this.name(li);
    document.getElementById('sheet-p').textContent = li.dataset.about;
    document.getElementById('sheet-a').href = li.dataset.href;
    const n = Math.min(this.max, this.cards.length + (at < 0 ? 1 : 0)), full = at < 0 && this.cards.length >= this.max;
    const done = index => { d.close(); this.place(li, index, li.querySelector('.t')); };
    box.replaceChildren(...Array.from({ length: full ? 0 : n }, (_, i) => {
      const b = document.createElement('button');
      b.type = 'button';
      b.className = 'num';
      b.textContent = i + 1;
      b.setAttribute('aria-label', say('placeN', { n: i + 1 }));
      b.setAttribute('aria-pressed', at === i);
      b.onclick = () => done(i);
      return b;
    }));
    document.getElementById('places-h').hidden = full;
    const rm = d.querySelector('.rm');
    rm.hidden = at < 0;
    rm.onclick = () => done(null);
    d.onclose = () => { if (opener.isConnected && document.activeElement === document.body) opener.focus(); };
    d.showModal();
  }
}
customElements.define('rank-list', RankList);
