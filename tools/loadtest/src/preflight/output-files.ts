import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';

import { UsageError } from './usage-error.ts';

/**
 * Refuses files that cannot be written: nobody wants to hear of it when the run is over.
 *
 * @throws UsageError that names the file
 */
export async function checkOutputFile(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`${file} cannot be written: there is no folder ${folder} that may be written to`, { cause });
  }
}
