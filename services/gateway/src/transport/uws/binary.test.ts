import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

/** Upstream's own build of uWebSockets.js for Node 22 on Linux x64; what else is loaded is not what was measured. */
const LINUX_X64_ABI_127 = '8cabc918bbf9a07323e54f89a33882491080b2eb35df0607f473ccdb1f3c31af';

describe('the native uWebSockets.js binary', () => {
  it.skipIf(platform !== 'linux' || arch !== 'x64')('is the one that was reviewed, for the Node that runs it', () => {
    expect(process.versions.modules).toBe('127');
    const entry = fileURLToPath(import.meta.resolve('uWebSockets.js'));
    const binary = entry.replace(/index\.mjs$/, `bin/uws_linux_x64_${process.versions.modules}.node`);
    expect(createHash('sha256').update(readFileSync(binary)).digest('hex')).toBe(LINUX_X64_ABI_127);
  });
});
