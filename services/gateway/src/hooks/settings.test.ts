import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const URL = 'https://hooks.example.com/connect';

describe('the settings of hooks', () => {
  it('ask nobody by themselves', () => {
    expect(loadGatewayConfig({}).config.hooks).toBeUndefined();
    expect(loadGatewayConfig({ OUTCRY_HOOKS_SECRET: SECRET }).config.hooks).toBeUndefined();
  });

  it('deny where the server does not answer, unless they say otherwise', () => {
    const settings = { OUTCRY_HOOKS_SECRET: SECRET, OUTCRY_HOOKS_CONNECT_URL: URL };
    expect(loadGatewayConfig(settings).config.hooks?.connect).toEqual({ url: URL, onFailure: 'deny' });
    const open = { ...settings, OUTCRY_HOOKS_CONNECT_ON_FAILURE: 'allow' };
    expect(loadGatewayConfig(open).config.hooks?.connect).toEqual({ url: URL, onFailure: 'allow' });
  });

  it('let a session have 16 calls answered at once, unless they say otherwise', () => {
    const settings = { OUTCRY_HOOKS_SECRET: SECRET, OUTCRY_HOOKS_RPC_URL: URL };
    expect(loadGatewayConfig(settings).config.hooks?.rpc).toEqual({ url: URL, maxPerSession: 16 });
    const few = { ...settings, OUTCRY_HOOKS_RPC_MAX_PER_SESSION: '2' };
    expect(loadGatewayConfig(few).config.hooks?.rpc).toEqual({ url: URL, maxPerSession: 2 });
  });

  it.each([
    [{ OUTCRY_HOOKS_RPC_URL: URL }, 'OUTCRY_HOOKS_SECRET: required where a hook has a URL'],
    [{ OUTCRY_HOOKS_CONNECT_URL: URL }, 'OUTCRY_HOOKS_SECRET: required where a hook has a URL'],
    [
      { OUTCRY_HOOKS_CONNECT_URL: 'http://127.0.0.1:1', OUTCRY_HOOKS_SECRET: SECRET },
      'OUTCRY_HOOKS_CONNECT_URL: expected an https URL',
    ],
    [
      {
        OUTCRY_HOOKS_CONNECT_URL: 'http://example.com',
        OUTCRY_HOOKS_SECRET: SECRET,
        OUTCRY_HOOKS_PLAIN_HTTP: 'true',
      },
      'OUTCRY_HOOKS_CONNECT_URL: expected an https URL',
    ],
    [{ OUTCRY_HOOKS_CONNECT_URL: URL, OUTCRY_HOOKS_SECRET: 'short' }, 'OUTCRY_HOOKS_SECRET: expected 32 to 512'],
    [{ OUTCRY_HOOKS_CONNECT_ON_FAILURE: 'maybe' }, 'OUTCRY_HOOKS_CONNECT_ON_FAILURE: expected one of deny, allow'],
  ])('refuses %j', (settings, problem) => {
    expect(() => loadGatewayConfig(settings)).toThrow(problem);
  });
});
