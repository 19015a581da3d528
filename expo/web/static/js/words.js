// Words, numbers and times of the page's language; the one polite live region. Nothing here makes markup.
const read = id => JSON.parse(document.getElementById(id)?.textContent || '{}');
const html = document.documentElement;
export const words = { ...read('common'), ...read('words') };
export const lang = html.lang || 'ar';
const zone = html.dataset.zone || undefined;
const locale = (lang === 'ar' ? 'ar-AE' : 'en-GB') + '-u-nu-latn'; // digits are never left to a default
const plural = new Intl.PluralRules(lang);
const digits = new Intl.NumberFormat(locale);
const hours = lang === 'ar' ? { hour: 'numeric', minute: '2-digit', hour12: true } : { hour: '2-digit', minute: '2-digit', hour12: false };
const clockFormat = new Intl.DateTimeFormat(locale, { ...hours, timeZone: zone });

/** A name or code wrapped so that its direction cannot reorder the sentence around it. */
export const isolate = text => `\u2068${text}\u2069`;

/** A receipt number in groups of four. */
export const grouped = code => code.replace(/.{4}(?=.)/g, '$&-');

/** The text with every {name} replaced in one pass; braces in values are inert. */
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);

/** A sentence of the page by its key. */
export const say = (key, values) => fill(words[key] ?? key, values);

/** A sentence for n things, by the plural rules of the language. */
export const count = (key, n) => {
  const forms = words[key] ?? {};
  return fill(forms[plural.select(n)] ?? forms.other ?? '', { n: digits.format(n) });
};

export const number = n => digits.format(n);

/** Time of day in the event's zone, e.g. 10:42 ص. */
export const clock = at => clockFormat.format(new Date(at));

/** A text of both languages ({ar, en}) in the page's, or in the other where it is empty. */
export const text = both => (lang === 'ar' ? both.ar || both.en : both.en || both.ar);

/** mm:ss left, never below 00:00; from an hour on h:mm:ss. */
export function left(ms) {
  const all = Math.max(0, Math.ceil(ms / 1000)), two = n => String(n).padStart(2, '0');
  const h = Math.floor(all / 3600), rest = `${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

let waiting;
/** One polite message after the dust has settled; a later one replaces it, nothing queues. */
export function announce(message) {
  const region = document.getElementById('say');
  clearTimeout(waiting);
  region.textContent = '';
  waiting = setTimeout(() => { region.textContent = message; }, 120);
}

/** Interrupts: only for a ranking that was not saved. */
export function warn(message) {
  const region = document.getElementById('alert');
  region.textContent = '';
  setTimeout(() => { region.textContent = message; }, 120);
}

/** A UUID that begins with the time (version 7, RFC 9562): the record takes those in fastest. */
export function uuid(now = Date.now()) {
  const b = crypto.getRandomValues(new Uint8Array(16));
  new DataView(b.buffer).setUint32(0, Math.floor(now / 65536));
  new DataView(b.buffer).setUint16(4, now % 65536);
  b[6] = (b[6] & 15) | 112;
  b[8] = (b[8] & 63) | 128;
  const hex = [...b].map(x => x.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** 32 random bytes as 43 characters of base64url. */
export function nonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Something small kept on this device; a full or forbidden storage is no error. */
export const kept = {
  get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch { /* kept in the page only */ }
  },
};

html.classList.replace('nojs', 'js');
