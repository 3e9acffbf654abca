import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished, test } from 'vitest';

const FAULTY = fileURLToPath(new URL('testing/faulty-service.ts', import.meta.url));
const TALKATIVE = fileURLToPath(new URL('testing/talkative-service.ts', import.meta.url));

test('a service whose log nobody reads serves all the same, and stops when told to', async () => {
  const service = spawn(process.execPath, [TALKATIVE], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    service.kill('SIGKILL');
  });
  // Nothing reads its standard output.
  await once(service.stderr, 'data');
  const ended = once(service, 'exit');
  service.kill('SIGTERM');

  expect(await ended).toEqual([0, null]);
});

interface Ended {
  readonly code: number | null;
  /** Every line of its standard output, which has to be JSON. */
  readonly log: readonly Record<string, unknown>[];
  readonly errors: string;
}

/** Runs the service; `whenSaid` is called with what it says on standard error, where a signal is to meet it. */
async function runFaulty(
  fault: string,
  { args = [], whenSaid }: { args?: readonly string[]; whenSaid?: (text: string, child: ChildProcess) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [FAULTY, ...args], {
    env: { FAULT: fault },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
    whenSaid?.(chunk.toString(), child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.split('\n').filter((line) => line !== '');
  return { code, log: lines.map((line) => JSON.parse(line) as Record<string, unknown>), errors };
}

describe('a service that cannot start', () => {
  const FATAL = 60;

  it('tells why in one line of its log, in words', async () => {
    const { code, log, errors } = await runFaulty('start');
    expect(code).toBe(1);
    expect(log).toMatchObject([
      {
        level: FATAL,
        service: 'faulty',
        msg: 'start failed',
        reason: 'cannot reach Redis at redis://127.0.0.1:1: connection refused',
      },
    ]);
    expect(log[0]).not.toHaveProperty('err');
    expect(errors).toBe('');
  });

  it.each([
    ['settings', [], ['OUTCRY_A: required', 'OUTCRY_B: expected a number']],
    ['', ['--nope'], ["Unknown option '--nope'; try --help"]],
  ])('tells every problem with its settings or flags in a line each: %s%j', async (fault, args, reasons) => {
    const { code, log, errors } = await runFaulty(fault, { args });
    expect(code).toBe(1);
    expect(log.map(({ level, msg, reason }) => [level, msg, reason])).toEqual(
      reasons.map((reason) => [FATAL, 'start failed', reason]),
    );
    expect(errors).toBe('');
  });

  it.each([
    ['bug', 'start failed'],
    ['crash', 'service crashed'],
  ])('tells a fault of its own with its stack, in one line all the same: %s', async (fault, msg) => {
    const { code, log, errors } = await runFaulty(fault);
    expect(code).toBe(1);
    expect(log).toMatchObject([
      {
        level: FATAL,
        msg,
        err: { message: 'undefined is not a function', stack: expect.stringContaining('faulty-service.ts') as string },
      },
    ]);
    expect(errors).not.toContain('TypeError');
  });

  it('tells whoever checks its configuration in plain lines', async () => {
    const { code, log, errors } = await runFaulty('settings', { args: ['--check-config'] });
    expect([code, log]).toEqual([1, []]);
    expect(errors).toBe('faulty: OUTCRY_A: required\nfaulty: OUTCRY_B: expected a number\n');
  });
});

describe('a service that is told to stop', () => {
  it('ends though its start still waits for something', async () => {
    const { code, log } = await runFaulty('wait', {
      whenSaid: (text, child) => text.includes('starting') && child.kill('SIGTERM'),
    });
    expect([code, log.map(({ msg }) => msg)]).toEqual([0, ['stopped during the start']]);
  });

  it('says where it could not', async () => {
    const { code, log } = await runFaulty('stop', {
      whenSaid: (text, child) => text.includes('serving') && child.kill('SIGTERM'),
    });
    expect(code).toBe(1);
    expect(log).toMatchObject([{ msg: 'stop failed', err: { message: 'it does not want to' } }]);
  });
});
