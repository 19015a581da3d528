// What is wrong with a bundle, as a code with facts; the page has the sentences.
import { decode, NotCanonical, text } from './canonical.js';
import { BadNote } from './notes.js';

/** Why a bundle is not to be believed. */
export class Wrong extends Error {
  constructor(code, facts) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

/** End the check that runs. */
export const wrong = (code, facts = {}) => { throw new Wrong(code, facts); };

/** The value of canonical JSON. */
export function parsed(bytes, file, line = 0) {
  return told(() => decode(bytes), file, line);
}

/** The text of a file. */
export const textOf = (bytes, file) => told(() => text(bytes), file);

/** What `work` gives; what it finds bad becomes something wrong with this file. */
export function told(work, file, line = 0) {
  try {
    return work();
  } catch (error) {
    throw blamed(error, file, line);
  }
}

/** The error as something wrong with this file. */
export function blamed(error, file, line = 0) {
  const where = line ? { file, line } : { file };
  if (error instanceof NotCanonical) return new Wrong(line ? 'line-form' : 'file-form', where);
  if (error instanceof BadNote) return new Wrong(`note-${error.why}`, { ...where, ...error.facts });
  return error;
}
