import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('testing/configured-service.ts', import.meta.url));

interface Ended {
  readonly code: unknown;
  readonly output: string;
  readonly errors: string;
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, output, errors };
}

describe('a service with a file of settings', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'outcry-'));
    path = join(directory, 'outcry.yaml');
    writeFileSync(path, 'gateway:\n  door: { port: 2, count: 2 }\nfeedPublisher: { anything: 1 }\n');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('takes the one that --config names, the environment over it, and starts others with the same', async () => {
    const environment = { OUTCRY_CONFIG_FILE: '/nowhere.yaml', OUTCRY_PORT: '3' };
    const { code, errors } = await run(['--config', path], environment);
    expect(code).toBe(0);
    expect(JSON.parse(errors)).toEqual({
      config: { OUTCRY_PORT: 3, OUTCRY_COUNT: 2 },
      environment: { OUTCRY_PORT: '3', OUTCRY_CONFIG_FILE: path },
    });
  });

  it('tells by --check-config where each value comes from, and ends with 0', async () => {
    const { code, output, errors } = await run(['--check-config'], { OUTCRY_CONFIG_FILE: path, OUTCRY_PORT: '3' });
    expect(output.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['setting', 'value', 'from'],
      ['OUTCRY_PORT', '3', `environment, over ${path}:2:17`],
      ['OUTCRY_COUNT', '2', `${path}:2:27`],
      [''],
    ]);
    expect([code, errors]).toEqual([0, '']);
  });

  describe('that is wrong', () => {
    let problem: string;
    beforeEach(() => {
      writeFileSync(path, 'gateway:\n  door: { prot: 2 }\n');
      problem = `${path}:2:11: found "prot", expected a setting of gateway.door; the nearest is port`;
    });

    it('tells by --check-config what and where, and ends with 1', async () => {
      const errors = `configured: ${problem}\n`;
      expect(await run(['--check-config', '--config', path])).toEqual({ code: 1, output: '', errors });
    });

    it('does not start, and tells on its log why', async () => {
      const { code, output } = await run(['--config', path]);
      const line = { msg: 'start failed', reason: problem };
      expect([code, JSON.parse(output)]).toEqual([1, expect.objectContaining(line)]);
    });
  });
});
