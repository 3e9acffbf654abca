import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, it } from 'vitest';

import type { SignInDoor } from '../operators/sign-in.ts';
import { createConsoleHandler } from './console-handler.ts';

const DOOR = { issuer: 'https://login.example/ours', clientId: 'console', scopes: 'openid' };
const OPEN = {
  ...DOOR,
  authorizationUrl: 'https://login.example/ours/auth',
  tokenUrl: 'https://tokens.example:8443/ours/token',
};

let server: Server | undefined;
afterEach(async () => {
  const ended = server;
  server = undefined;
  await new Promise((resolve) => ended?.close(resolve));
});

async function load(
  door: SignInDoor | undefined,
): Promise<{ readonly connect: string | undefined; readonly login: unknown }> {
  const handle = createConsoleHandler({ site: new Map(), findDoor: () => door });
  const started = createServer((request, response) => void handle(request, response));
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const answer = await fetch(`http://127.0.0.1:${String((started.address() as AddressInfo).port)}/console/login.json`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  return { connect: /connect-src [^;]*/.exec(policy)?.[0], login: await answer.json() };
}

it.each([
  ['nobody signs in', undefined, "connect-src 'self'", {}],
  [
    'the provider has not been reached',
    { ...DOOR, authorizationUrl: undefined, tokenUrl: undefined },
    "connect-src 'self'",
    { oidc: DOOR },
  ],
  ['people sign in', OPEN, "connect-src 'self' https://tokens.example:8443", { oidc: OPEN }],
] as const)(
  'lets the page speak to the gateway, and of others to what makes tokens alone, where %s',
  async (...[, door, connect, login]) => {
    expect(await load(door)).toEqual({ connect, login });
  },
);
