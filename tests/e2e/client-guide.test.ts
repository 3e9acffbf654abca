import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type GatewayProcess, startStandalone } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const GUIDE = readFileSync(new URL('../../docs/CLIENT.md', import.meta.url), 'utf8');
const EXAMPLES = [...GUIDE.matchAll(/^## (.+?)\n(?:(?!^## )[^])*?```ts\n([^]*?)```/gm)].map(
  ([, heading = '', code = '']): [string, string] => [heading, code],
);
const DEADLINE_MS = 60_000;

describe('the examples of docs/CLIENT.md', () => {
  let standalone: GatewayProcess;
  beforeAll(async () => {
    standalone = await startStandalone();
  });
  afterAll(() => standalone[Symbol.asyncDispose]());

  it('are all found', () => {
    expect(EXAMPLES).toHaveLength(GUIDE.split('```ts\n').length - 1);
    expect(EXAMPLES.length).toBeGreaterThan(5);
  });

  it.each(EXAMPLES)('run as they stand: %s', async (_, code) => {
    const example = code.replaceAll('ws://localhost:1337/ws', standalone.url);
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', example];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: TESTS, timeout: DEADLINE_MS });
    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
  });
});
