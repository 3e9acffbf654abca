import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

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
