import type { Attack } from '../support/attack.ts';
import { outcomeOfHandshake } from '../support/outcome.ts';
import { COOKIE, ORIGIN, type Target } from '../support/target.ts';

type Headers = Readonly<Record<string, string>>;

const FORGED: readonly Headers[] = [
  ...[
    'null',
    'https://evil.com',
    `${ORIGIN}.evil.com`,
    'https://evil.com#https://app.example.com',
    'https://evilapp.example.com',
    'http://app.example.com',
    `${ORIGIN}:8443`,
    `${ORIGIN}.`,
    `${ORIGIN}/`,
    'https://APP.example.com',
    'https://user@app.example.com',
    'file://',
    '*',
  ].map((origin) => ({ Origin: origin })),
  { Origin: ORIGIN, origin: 'https://evil.com' },
  { origin: 'https://evil.com', Origin: ORIGIN },
];

function attempt(headers: Headers, expected: string) {
  return {
    what: JSON.stringify(headers),
    expected,
    run: (target: Target) =>
      outcomeOfHandshake({ url: target.url, encoding: 'json', headers, token: target.tokenOf('ann') }),
  };
}

export const ORIGIN_ATTACKS: readonly Attack[] = [
  {
    name: 'pages of other origins are answered with 403, whatever they bring',
    attempts: (target) => [
      ...FORGED.map((headers) => attempt(headers, 'HTTP 403')),
      ...FORGED.map((headers) => attempt({ ...headers, Cookie: `${COOKIE}=${target.tokenOf('ann')}` }, 'HTTP 403')),
      attempt({ Cookie: `${COOKIE}=${target.tokenOf('ann')}` }, 'HTTP 403'),
      attempt({ Origin: ORIGIN }, 'let in'),
    ],
  },
];
