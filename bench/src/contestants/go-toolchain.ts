import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { UnavailableError } from './contestant.ts';

const run = promisify(execFile);

const BUILD_LIMIT_MS = 600_000;

/** Where programs are built to; Go's own cache makes it quick the second time. */
const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));

/**
 * Builds the program in a folder; resolves with the path of its executable.
 *
 * @throws UnavailableError where there is no Go, or the build fails
 */
export async function buildGo(name: string, folder: URL): Promise<string> {
  await runGo(['build', '-o', CACHE + name, '.'], fileURLToPath(folder));
  return CACHE + name;
}

/**
 * Builds a program of a module, as in `example.org/program@v1.2.3`; resolves with the path of its executable.
 *
 * @throws UnavailableError where there is no Go, or the module cannot be had
 */
export async function installGo(name: string, module: string): Promise<string> {
  await runGo(['install', module], CACHE);
  return CACHE + name;
}

/** The path of a program that was built elsewhere, where the variable of that name gives one. */
export function givenProgram(variable: string): string | undefined {
  return process.env[variable];
}

/** The toolchain's version, as in `go1.26.8`. */
export async function goVersion(): Promise<string> {
  return (await runGo(['env', 'GOVERSION'], CACHE)).trim();
}

async function runGo(args: readonly string[], cwd: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  try {
    // `go install` writes where GOBIN says.
    const env = { ...process.env, GOBIN: CACHE };
    const { stdout } = await run('go', args, { cwd, env, timeout: BUILD_LIMIT_MS });
    return stdout;
  } catch (err) {
    throw new UnavailableError(describeFailure(err), { cause: err });
  }
}

function describeFailure(err: unknown): string {
  if (!(err instanceof Error)) return 'the build failed';
  if ('code' in err && err.code === 'ENOENT') return 'there is no Go on this machine';
  const output = 'stderr' in err ? String(err.stderr) : err.message;
  return `the build failed: ${output.trim().split('\n').at(-1)?.trim() ?? ''}`;
}
