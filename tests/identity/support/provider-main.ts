import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { env } from 'node:process';

import Provider, { type Configuration } from 'oidc-provider';

import { AUDIENCE, HOST, type ProviderFile, secretOf, TOKEN_SECONDS } from './provider-file.ts';

/**
 * An OpenID provider as a process: oidc-provider over the port and the keys of a file. On SIGHUP it reads the keys again and
 * goes on with them, as its documentation has keys rotated; the first one is that which it signs with.
 */
const path = env['PROVIDER_FILE'] ?? '';
const { port } = read();
const issuer = `http://${HOST}:${String(port)}`;
let answer = createProvider().callback();

process.on('SIGHUP', () => {
  answer = createProvider().callback();
  say('keys read');
});

const server = createServer((request, response) => {
  if (request.url === '/jwks') say('keys fetched');
  void answer(request, response);
});
// A connection that it closed just as somebody asks on it would look as if it had refused.
server.keepAliveTimeout = 0;
server.listen(port, HOST, () => {
  say('provider started');
});

process.on('SIGTERM', () => {
  process.exit();
});

function read(): ProviderFile {
  return JSON.parse(readFileSync(path, 'utf8')) as ProviderFile;
}

function createProvider(): Provider {
  const { keys, users } = read();
  const configuration: Configuration = {
    jwks: { keys: [...keys] },
    clients: users.map((user) => ({
      client_id: user,
      client_secret: secretOf(user),
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: TOKEN_SECONDS,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { ClientCredentials: TOKEN_SECONDS },
  };
  return new Provider(issuer, configuration);
}

function say(msg: string): void {
  process.stdout.write(`${JSON.stringify({ msg, at: Date.now() })}\n`);
}
