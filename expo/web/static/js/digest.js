// SHA-256 (FIPS 180-4) at once, without waiting: a ledger is millions of short messages, for which a
// promise each costs more than the hash; and where browsers hide crypto.subtle this is all there is.

const K = Int32Array.from(
  ('428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 '
    + '72be5d74 80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da '
    + '983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 '
    + '650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 '
    + '19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 '
    + '90befffa a4506ceb bef9a3f7 c67178f2').split(' '),
  word => parseInt(word, 16),
);
const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const BLOCK = 64, LENGTH_AT = 56; // bytes of a block, and where the last one holds the length
const w = new Int32Array(64);

/** Mix one block of 64 bytes into the state. */
function mix(state, bytes, at) {
  for (let i = 0; i < 16; i += 1, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** A digest that is fed piece by piece. */
export class Sha256 {
  constructor() {
    this.state = Int32Array.from(START);
    this.rest = new Uint8Array(BLOCK);
    this.reset();
  }
  reset() {
    this.state.set(START);
    this.used = this.length = 0;
    return this;
  }
  /** Take in some bytes. */
  update(bytes) {
    const { state, rest } = this, end = bytes.length;
    let at = 0;
    this.length += end;
    if (this.used) {
      at = Math.min(BLOCK - this.used, end);
      rest.set(at === end ? bytes : bytes.subarray(0, at), this.used);
      this.used += at;
      if (this.used < BLOCK) return this;
      mix(state, rest, 0);
    }
    for (; at + BLOCK <= end; at += BLOCK) mix(state, bytes, at);
    for (this.used = 0; at < end; at += 1, this.used += 1) rest[this.used] = bytes[at];
    return this;
  }
  /** The 32 bytes; nothing may be taken in afterwards. */
  digest() {
    const { state, rest, length } = this;
    rest[this.used] = 128;
    rest.fill(0, this.used + 1);
    if (this.used >= LENGTH_AT) {
      mix(state, rest, 0);
      rest.fill(0);
    }
    const high = Math.floor(length / 0x20000000), low = length << 3;
    for (let i = 0; i < 4; i += 1) {
      rest[LENGTH_AT + i] = high >>> (24 - 8 * i);
      rest[LENGTH_AT + 4 + i] = low >>> (24 - 8 * i);
    }
    mix(state, rest, 0);
    const found = new Uint8Array(32);
    for (let i = 0; i < 32; i += 1) found[i] = state[i >> 2] >>> (24 - 8 * (i & 3));
    return found;
  }
}

const one = new Sha256();
/** SHA-256 of these pieces after each other. */
export function sha256(...pieces) {
  one.reset();
  for (const piece of pieces) one.update(piece);
  return one.digest();
}

/** Lower-case hexadecimal. */
export const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
