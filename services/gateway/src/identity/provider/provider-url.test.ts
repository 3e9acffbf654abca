import { expect, it } from 'vitest';

import { isTrustedUrl } from './provider-url.ts';

it.each([
  'https://login.example',
  'https://login.example:8443/realms/a/keys?x=1',
  'http://localhost:9000/keys',
  'http://127.0.0.1/keys',
  'http://127.10.20.30/keys',
  'http://[::1]:9000/',
])('trusts %s', (url) => {
  expect(isTrustedUrl(url)).toBe(true);
});

it.each([
  'http://login.example/keys',
  'http://127.0.0.1.example/keys',
  'http://localhost.example/keys',
  'http://notlocalhost/keys',
  'http://10.0.0.1/keys',
  'https://user@login.example/',
  'https://:password@login.example/',
  'https://login.example/#keys',
  'https://*/keys',
  'https://*.example/keys',
  "https://a;script-src'unsafe-inline'/keys",
  'ftp://localhost/keys',
  'ws://127.0.0.1/keys',
  'file:///etc/keys.json',
  'data:application/json,{}',
  'login.example',
  '',
])('does not trust %s', (url) => {
  expect(isTrustedUrl(url)).toBe(false);
});
