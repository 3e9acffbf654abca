import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type GatewayProcess, startStandalone } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const API_KEY = 'my-secret-server-key';
const GUIDES = ['CLIENT', ...['socket-io', 'centrifugo', 'pusher', 'exchange-feed'].map((name) => `guides/${name}`)];

interface Example {
  readonly title: string;
  readonly code: string;
}

function examplesOf(guide: string): Example[] {
  const text = readFileSync(new URL(`../../docs/${guide}.md`, import.meta.url), 'utf8');
  const found = [...text.matchAll(/^## (.+?)\n(?:(?!^## )[^])*?```ts\n([^]*?)```/gm)];
  const examples = found.map(([, heading = '', code = '']) => ({ title: `${guide}: ${heading}`, code }));
  expect(examples, `every block of docs/${guide}.md has a heading of its own`).toHaveLength(
    text.split('```ts\n').length - 1,
  );
  return examples;
}

const DEADLINE_MS = 60_000;

describe('the examples of the guides', () => {
  let standalone: GatewayProcess;
  beforeAll(async () => {
    standalone = await startStandalone({ apiKeys: API_KEY });
  });
  afterAll(() => standalone[Symbol.asyncDispose]());

  const examples = GUIDES.flatMap(examplesOf);

  it('are all found', () => {
    expect(examples.length).toBeGreaterThan(12);
  });

  it.each(examples)('run as they stand: $title', async ({ code }) => {
    const example = code
      .replaceAll('ws://localhost:1337/ws', standalone.url)
      .replaceAll('http://localhost:8081', standalone.internalUrl);
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', example];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: TESTS, timeout: DEADLINE_MS });
    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
    expect(stdout, 'the server API has taken it').not.toMatch(/\berror: \{/);
  });
});
