// Canonical JSON (RFC 8785 without floats): one text for one value, and only that text is read.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ASCII = /^[\x20-\x7e]*$/, PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, ALONE = /\p{Surrogate}/u;

/** The bytes are not the canonical form of anything; `why` says what is wrong. */
export class NotCanonical extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

const fail = why => { throw new NotCanonical(why); };

function string(value) {
  if (PLAIN.test(value)) return `"${value}"`; // nearly all: nothing to escape or to compose
  if (ALONE.test(value) || value.normalize('NFC') !== value) fail('text');
  return JSON.stringify(value);
}

function object(value) {
  const members = Object.keys(value).sort().map(key => {
    if (!ASCII.test(key)) fail('key');
    return `${string(key)}:${encode(value[key])}`;
  });
  return `{${members.join(',')}}`;
}

/**
 * The canonical text of a value: objects, arrays, strings in NFC, whole numbers below 2^53, true, false, null.
 * @throws {NotCanonical} It holds something else.
 */
export function encode(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return string(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : fail('number');
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  return typeof value === 'object' ? object(value) : fail('type');
}

/** The text of UTF-8 bytes. @throws {NotCanonical} They are not UTF-8. */
export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return fail('utf-8');
  }
}

/** UTF-8 bytes of a text. */
export const utf8 = value => encoder.encode(value);

/**
 * The value these bytes are the canonical form of.
 * @throws {NotCanonical} They are not; what JSON reads of two keys or of 1.0 encodes as other bytes.
 */
export function decode(bytes) {
  const found = text(bytes);
  let value;
  try {
    value = JSON.parse(found);
    if (encode(value) !== found) fail('form');
  } catch (error) {
    throw error instanceof NotCanonical ? error : new NotCanonical('json'); // RangeError: nested without end
  }
  return value;
}

/** The lines of a file, each ended by \n, as bytes without it. @throws {NotCanonical} The last one is not ended. */
export function* lines(bytes) {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    if (end < 0) fail('unended');
    yield bytes.subarray(at, end);
    at = end + 1;
  }
}
