import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { GATEWAY_RUNTIME } from './gateway.ts';

const ROOT = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const [, gatewayStage = ''] = read('deploy/docker/Dockerfile').split('FROM runtime AS gateway');
const args = GATEWAY_RUNTIME.nodeArgs.join(' ');

it('runs a gateway of the image as tests and benchmarks run theirs', () => {
  expect(gatewayStage).toContain(
    `CMD ${JSON.stringify(['node', ...GATEWAY_RUNTIME.nodeArgs, 'dist/main.js']).replaceAll(',', ', ')}`,
  );
  for (const [name, value] of Object.entries(GATEWAY_RUNTIME.env)) expect(gatewayStage).toContain(`${name}=${value}`);
});

it('runs a gateway of the checkout with the same arguments', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  expect(scripts['gateway']).toBe(`node ${args} services/gateway/src/main.ts`);
});
