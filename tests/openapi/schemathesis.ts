import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const VENV = fileURLToPath(new URL('../../node_modules/.cache/schemathesis/', import.meta.url));
/** Written last, so that an installation that broke off is none. */
const INSTALLED = `${VENV}installed.txt`;

/**
 * Installs what requirements.txt pins into a virtual environment of its own, where that is not done yet.
 *
 * @returns the program to run
 * @throws Error where there is no Python 3 with venv, or PyPI does not answer
 */
export function prepareSchemathesis(): string {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== wanted) {
    rmSync(VENV, { recursive: true, force: true });
    run('python3', ['-m', 'venv', VENV]);
    run(`${VENV}bin/python`, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
    writeFileSync(INSTALLED, wanted);
  }
  return `${VENV}bin/schemathesis`;
}

function run(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: 'inherit' });
  } catch (cause) {
    throw new Error('schemathesis cannot be installed: it takes Python 3 with venv, and PyPI', { cause });
  }
}
