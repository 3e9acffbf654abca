import { OutcryError } from '@outcry/broker';

/** Undefined where the store could not be asked: that is not known to have happened, and is tried again. */
export async function unlessFaulty<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (err) {
    if (err instanceof OutcryError) return undefined;
    throw err;
  }
}
