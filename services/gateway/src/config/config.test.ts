import { ConfigError } from '@outcry/config';
import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from './config.ts';

describe('loadGatewayConfig', () => {
  it('has defaults for everything', () => {
    const { config } = loadGatewayConfig({});
    expect(config.public).toEqual({ host: '0.0.0.0', port: 1337 });
    expect(config.nodeId).toMatch(/^gw-[0-9a-f]{8}$/);
    expect(config.roomRules.of('lobby').retention).toEqual({
      count: 1000,
      ms: 600_000,
      bytes: 32 * 1024 * 1024,
      unarchivedBytes: 64 * 1024 * 1024,
    });
  });

  it('refuses settings that do not fit each other, all at once', () => {
    const load = (): unknown =>
      loadGatewayConfig({
        OUTCRY_HEARTBEAT_MS: '5000',
        OUTCRY_IDLE_TIMEOUT_MS: '5000',
        OUTCRY_SOFT_BUFFER_BYTES: '100000',
        OUTCRY_HARD_BUFFER_BYTES: '99999',
        OUTCRY_DEMO: 'true',
      });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/OUTCRY_IDLE_TIMEOUT_MS.*OUTCRY_HARD_BUFFER_BYTES.*OUTCRY_DEMO_DIR/s);
  });

  it('knows keys of the API with names and without, and which of them only look', () => {
    const keys = {
      OUTCRY_API_KEYS: 'desk a-key-of-the-desk-1,a-key:with=signs-in-it',
      OUTCRY_API_READ_KEYS: 'on-call a-key-that-looks',
    };
    expect(loadGatewayConfig(keys).config.apiKeys).toEqual([
      { key: 'a-key-of-the-desk-1', name: 'desk', mayAct: true },
      { key: 'a-key:with=signs-in-it', name: undefined, mayAct: true },
      { key: 'a-key-that-looks', name: 'on-call', mayAct: false },
    ]);
    for (const wrong of [
      'desk short',
      'Desk a-key-of-the-desk-1',
      'desk  a-key-of-the-desk-1',
      'a b a-key-of-the-desk-1',
      'a-key-of-16-long a-key-of-the-desk-1',
    ]) {
      expect(() => loadGatewayConfig({ OUTCRY_API_KEYS: wrong }), wrong).toThrow('OUTCRY_API_KEYS');
    }
    const twice = { ...keys, OUTCRY_API_READ_KEYS: 'a-key-of-the-desk-1' };
    expect(() => loadGatewayConfig(twice)).toThrow('OUTCRY_API_READ_KEYS: a key is there twice');
  });

  const signIn = {
    OUTCRY_CONSOLE_OIDC_ISSUER: 'https://login.example/realms/ours',
    OUTCRY_CONSOLE_OIDC_CLIENT_ID: 'outcry-console',
    OUTCRY_CONSOLE_OIDC_ACT_ROLES: 'desk,/ops/lead',
  };

  it('knows where people sign in, and which roles let them do what', () => {
    expect(loadGatewayConfig(signIn).config.operators).toEqual({
      ...{ issuer: 'https://login.example/realms/ours', clientId: 'outcry-console', scopes: 'openid profile' },
      ...{ rolesClaim: 'roles', actRoles: new Set(['desk', '/ops/lead']), readRoles: new Set() },
      ...{ clockToleranceMs: 3000, maxLifetimeMs: 86_400_000 },
    });
    expect(loadGatewayConfig({}).config.operators).toBeUndefined();
  });

  it.each([
    [{ ISSUER: undefined }, 'OUTCRY_CONSOLE_OIDC_ISSUER: required with OUTCRY_CONSOLE_OIDC_CLIENT_ID'],
    [{ ISSUER: 'http://login.example' }, 'OUTCRY_CONSOLE_OIDC_ISSUER: expected an https URL'],
    [{ ISSUER: 'https://login.example/?realm=ours' }, 'without a query'],
    [{ CLIENT_ID: undefined }, 'OUTCRY_CONSOLE_OIDC_CLIENT_ID: required'],
    [{ ACT_ROLES: undefined }, 'or nobody comes in'],
    [{ READ_ROLES: 'on-call,desk' }, 'OUTCRY_CONSOLE_OIDC_READ_ROLES: desk is in OUTCRY_CONSOLE_OIDC_ACT_ROLES'],
    [{ SCOPES: 'profile roles' }, 'OUTCRY_CONSOLE_OIDC_SCOPES: openid is missing'],
  ])('refuses a sign-in with %j', (changes, problem) => {
    const changed = Object.entries(changes).map(([name, value]) => [`OUTCRY_CONSOLE_OIDC_${name}`, value]);
    const settings = { ...signIn, ...(Object.fromEntries(changed) as Record<string, string | undefined>) };
    expect(() => loadGatewayConfig(settings)).toThrow(problem);
  });
});
