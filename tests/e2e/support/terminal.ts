import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface TerminalRun {
  readonly code: number | null;
  /** Everything that was written, as a terminal gets it. */
  readonly shown: string;
}

export interface TerminalOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Typed at once, and then Ctrl-D. */
  readonly input?: string | undefined;
}

/** Whether there is the `script` of util-linux, which every Debian has: it runs a program on a terminal of its own. */
export function hasTerminal(): boolean {
  const { error, stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return error === undefined && stdout.includes('util-linux');
}

/** Runs a program on a terminal, to its end. */
export async function runInTerminal(
  command: readonly string[],
  { env = process.env, input = '' }: TerminalOptions = {},
): Promise<TerminalRun> {
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const args = ['--quiet', '--return', '--echo', 'never', '--command', line, '/dev/null'];
  const child = spawn('script', args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const [shown, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'close') as Promise<[code: number | null]>,
  ]);
  return { code, shown };
}
