import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/examples/', import.meta.url));
const run = promisify(execFile);

/** What starts an example, before its arguments. */
export type Command = readonly [program: string, ...args: string[]];

const WHICH_PYTHON = 'import sys; print(sys.base_prefix, sys.version)';

/** Installs what the Python example pins into a virtual environment of its own, one for each Python that there is; quick where that is done. */
export async function preparePython(): Promise<Command> {
  const { stdout } = await run('python3', ['-c', WHICH_PYTHON]);
  const folder = `${CACHE}python-${createHash('sha256').update(stdout).digest('hex').slice(0, 12)}`;
  const python = `${folder}/bin/python`;
  await run('python3', ['-m', 'venv', folder]);
  const quietly = ['--quiet', '--disable-pip-version-check'];
  await run(python, ['-m', 'pip', 'install', ...quietly, '-r', `${EXAMPLES}python/requirements.txt`]);
  return [python, `${EXAMPLES}python/chat.py`];
}

/** Builds the Go example with the toolchain that is there, and with what go.sum names. */
export async function prepareGo(): Promise<Command> {
  const program = `${CACHE}chat-go`;
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
  await run('go', ['build', '-o', program, '.'], { cwd: `${EXAMPLES}go`, env });
  return [program];
}

/** An example that runs: what it prints, what it says of itself, and a hand at its keyboard. */
export class ExampleProgram implements AsyncDisposable {
  readonly printed: string[] = [];
  readonly said: string[] = [];
  readonly #child;

  constructor([program, ...args]: Command, url: string) {
    this.#child = spawn(program, [...args, url, 'lobby', 'ann'], { stdio: 'pipe' });
    createInterface(this.#child.stdout).on('line', (line) => this.printed.push(line));
    createInterface(this.#child.stderr).on('line', (line) => this.said.push(line));
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
