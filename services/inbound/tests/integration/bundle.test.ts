import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

const SERVICE = fileURLToPath(new URL('../../', import.meta.url));
const ROLLDOWN = fileURLToPath(new URL('../../../../node_modules/.bin/rolldown', import.meta.url));
const run = promisify(execFile);

it('is one file that runs anywhere, as the image has it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bundle = join(folder, 'dist', 'main.mjs');
  await run(ROLLDOWN, ['-c', 'rolldown.config.js', '--file', bundle], { cwd: SERVICE });
  const settings = { OUTCRY_KAFKA_URL: 'kafka://ann:secret@127.0.0.1:1,127.0.0.1:2' };
  const { stdout } = await run(execPath, [bundle, '--check-config'], {
    cwd: folder,
    env: { PATH: env['PATH'], ...settings },
  });
  expect(stdout).toMatch(/OUTCRY_KAFKA_URL\s.*kafka:\/\/ann:\[redacted\]@127\.0\.0\.1:1,127\.0\.0\.1:2/);
});
