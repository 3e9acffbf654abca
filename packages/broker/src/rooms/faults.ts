import { OutcryError } from '../outcry-error.ts';

/** A message that would have been the first of its room. */
export function notBegun(): OutcryError {
  return new OutcryError('notBegun', 'the room has no message yet, and may not be begun');
}
