// Off the page's thread: takes files, runs the checks, tells how far it is. Ending it is how it is cancelled.
import { Bundle, verify } from './bundle.js';
import { BadZip, unzip } from './unzip.js';

const OFTEN = 100; // ms between two words about progress

/** Files by name, from Blobs by name or one .zip. */
async function opened({ files, zip }) {
  const bytes = async blob => new Uint8Array(await blob.arrayBuffer());
  if (zip) return unzip(await bytes(zip));
  return new Map(await Promise.all(files.map(async ([name, blob]) => [name, await bytes(blob)])));
}

async function run(asked) {
  let last = 0;
  const progress = (done, of) => {
    const now = performance.now();
    if (now - last < OFTEN) return;
    last = now;
    postMessage({ type: 'progress', done, of });
  };
  const began = performance.now();
  const bundle = new Bundle(await opened(asked), asked.keys, asked.receipts, progress);
  const right = await verify(bundle, told => postMessage({ type: 'check', ...told }));
  const { manifest = null, result = null } = bundle;
  postMessage({
    type: 'end', right, ms: performance.now() - began, title: manifest?.title ?? null, sid: manifest?.sid ?? null,
    options: manifest?.options ?? [], ranks: result?.ranks ?? null, receipts: right ? bundle.receipts() : null,
  });
}

addEventListener('message', ({ data }) => {
  run(data).catch(error => postMessage({ type: 'failed', code: error instanceof BadZip ? 'zip' : 'broken', what: String(error) }));
});
