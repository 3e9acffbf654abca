import { gzipSync } from 'node:zlib';

import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const KILOBYTE = 1_000;
const ENTRY = 'bundle-entry';
const INDEX = new URL('index.ts', import.meta.url).pathname;

/** What a page that uses these names has to load. */
async function bundle(names: string): Promise<string> {
  const build = await rolldown({
    input: ENTRY,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : null),
        load: (id) => (id === ENTRY ? `export { ${names} } from ${JSON.stringify(INDEX)};` : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  expect(output).toHaveLength(1);
  return output[0].code;
}

it.each([
  ['rooms', 'connectToRooms', 20.3],
  ['rooms and books', 'connect', 23.1],
  ['everything', 'connect, connectToRooms, encryptWith, keyFromBytes, keyFromPassphrase', 24.1],
])('%s take no more than they may, and nothing of Node', async (what, names, maxKilobytes) => {
  const code = await bundle(names);
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(`${what}: ${String(bytes)} bytes of gzip, ${String(code.length)} without`);
  expect(bytes).toBeLessThanOrEqual(maxKilobytes * KILOBYTE);
  expect(code).not.toMatch(/\bfrom\s*["'`]|\bimport\s*\(|\brequire\s*\(|\bBuffer\b|\bprocess\./);
});
