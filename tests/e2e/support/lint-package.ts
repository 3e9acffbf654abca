import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ATTW = fileURLToPath(new URL('../../../node_modules/.bin/attw', import.meta.url));
/** ES modules alone: docs/RELEASES.md says what CommonJS makes of them. */
const WORDS = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color', '--format', 'ascii'];

/** What publint has to say of a tarball, suggestions included, and `attw` of its types; nothing where both are content. */
export async function lintPackage(tarball: string): Promise<readonly string[]> {
  const file = await readFile(tarball);
  const [{ messages, pkg }, types] = await Promise.all([
    publint({ pack: { tarball: new Uint8Array(file).buffer }, strict: true }),
    promisify(execFile)(process.execPath, [ATTW, tarball, ...WORDS]).then(
      () => [],
      (error: unknown) => [error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)],
    ),
  ]);
  return [...messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code), ...types];
}
