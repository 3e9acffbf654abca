import { describe, expect, it } from 'vitest';

import { loadStandaloneConfig } from './config.ts';

const REDIS = { OUTCRY_REDIS_URL: 'redis://localhost' };

describe('accounts of a node of a cluster', () => {
  it('need the secret of the cluster where they are asked for', () => {
    expect(() => loadStandaloneConfig({ ...REDIS, OUTCRY_ACCOUNTS: 'true' })).toThrow(
      'OUTCRY_AUTH_SECRET: required where OUTCRY_ACCOUNTS is true and OUTCRY_REDIS_URL is set',
    );
  });

  it('are none where nobody asks for them, and are there by themselves in a process of its own', () => {
    expect(loadStandaloneConfig(REDIS).config.gateway.auth.accounts).toBeUndefined();
    expect(loadStandaloneConfig({}).config.gateway.auth.accounts).toBeDefined();
  });
});
