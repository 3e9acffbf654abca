import type { Attack } from '../support/attack.ts';

/** What the internal port has, and what scanners ask for first. */
const PATHS = [
  '/metrics',
  '/healthz',
  '/readyz',
  '/status',
  '/api/info',
  '/api/openapi.json',
  '/admin',
  '/.env',
  '/.git/config',
  '/../../etc/passwd',
  '/%2e%2e/package.json',
];

export const SURFACE_ATTACKS: readonly Attack[] = [
  {
    name: 'the public port has nothing of the internal one',
    attempts: () =>
      PATHS.map((path) => ({
        what: path,
        expected: '404',
        run: async ({ gateway }) => String((await fetch(`${gateway.publicUrl}${path}`)).status),
      })),
  },
];
