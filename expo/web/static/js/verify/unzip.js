// The files of a .zip from the person's own disk: stored or deflated, no more than a bundle can be.

const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;
const END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30, COMMENT = 65_535; // bytes
const MOST_FILES = 64, MOST_BYTES = 2 ** 31; // of all files together: a bomb unpacks to far more

/** It is no .zip that can be read here. */
export class BadZip extends Error {}

const fail = () => { throw new BadZip('zip'); };

function directory(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.length - END_SIZE; at >= Math.max(0, bytes.length - END_SIZE - COMMENT); at -= 1) {
    if (view.getUint32(at, true) === END) return { view, count: view.getUint16(at + 10, true), at: view.getUint32(at + 16, true) };
  }
  return fail();
}

function* entries(bytes) {
  let { view, count, at } = directory(bytes);
  if (count > MOST_FILES) fail();
  for (; count; count -= 1) {
    if (at + ENTRY_SIZE > bytes.length || view.getUint32(at, true) !== ENTRY) fail();
    const [method, packed, size, name, extra, comment, local] = [
      view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint16(at + 28, true),
      view.getUint16(at + 30, true), view.getUint16(at + 32, true), view.getUint32(at + 42, true),
    ];
    if (view.getUint16(at + 8, true) & 1 || local + LOCAL_SIZE > bytes.length || view.getUint32(local, true) !== LOCAL) fail(); // encrypted
    const from = local + LOCAL_SIZE + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (from + packed > bytes.length) fail();
    yield { name: new TextDecoder().decode(bytes.subarray(at + ENTRY_SIZE, at + ENTRY_SIZE + name)), method, size, data: bytes.subarray(from, from + packed) };
    at += ENTRY_SIZE + name + extra + comment;
  }
}

async function inflated(data, size) {
  const found = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > size) fail();
    found.set(part.value, at);
    at += part.value.length;
  }
  return at === size ? found : fail();
}

/** The files in it by their last name; folders are passed over. @throws {BadZip} */
export async function unzip(bytes) {
  const found = new Map();
  let all = 0;
  for (const { name, method, size, data } of entries(bytes)) {
    if (name.endsWith('/')) continue;
    const short = name.split('/').pop();
    all += size;
    if (found.has(short) || all > MOST_BYTES || (method !== 0 && method !== 8)) fail();
    found.set(short, method ? await inflated(data, size).catch(fail) : data);
  }
  return found;
}
