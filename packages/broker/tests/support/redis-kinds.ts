import { globSync, readFileSync } from 'node:fs';

import type { RedisRole } from './redis-role.ts';

/** What a role may do with the keys of a kind; or on its channels, where what cannot be heard cannot be said either. */
export type KeyAccess = 'none' | 'read' | 'write';
export type ChannelAccess = 'none' | 'listen' | 'speak';

/** How a name ends behind its kind. */
type Ending = 'nothing' | 'a name';

export interface Kind<Access> {
  readonly ending: Ending;
  /** By role; whoever is not named has nothing of it. */
  readonly access: Readonly<Partial<Record<RedisRole, Access>>>;
}

const WORKERS_WRITE = { inbound: 'write', archive: 'write', events: 'write' } as const;
const WORKERS_SPEAK = { inbound: 'speak', archive: 'speak', events: 'speak' } as const;

/** What deploy/redis/users.acl is held to. A kind that has no line here belongs to nobody: `kindsInSources` finds it. */
export const KEY_KINDS: Readonly<Record<string, Kind<KeyAccess>>> = {
  meta: { ending: 'a name', access: { gateway: 'write', inbound: 'write', archive: 'read' } },
  stream: { ending: 'a name', access: { gateway: 'write', inbound: 'write', archive: 'write' } },
  kept: { ending: 'a name', access: { gateway: 'write', inbound: 'write', archive: 'write' } },
  archived: { ending: 'nothing', access: { gateway: 'write', inbound: 'write', archive: 'write' } },
  identity: { ending: 'a name', access: { inbound: 'write', archive: 'write' } },
  once: { ending: 'a name', access: { gateway: 'write', inbound: 'write' } },
  leases: { ending: 'nothing', access: { gateway: 'write' } },
  lease: { ending: 'a name', access: { gateway: 'write' } },
  users: { ending: 'a name', access: { gateway: 'write' } },
  events: { ending: 'nothing', access: { gateway: 'write', events: 'write' } },
  journal: { ending: 'nothing', access: { gateway: 'write', events: 'write' } },
  dead: { ending: 'nothing', access: { gateway: 'write', events: 'write' } },
  nodes: { ending: 'nothing', access: { gateway: 'write' } },
  reports: { ending: 'nothing', access: { gateway: 'write' } },
  counts: { ending: 'a name', access: { gateway: 'write' } },
  bucket: { ending: 'a name', access: { gateway: 'write' } },
  revocations: { ending: 'nothing', access: { gateway: 'write' } },
  accounts: { ending: 'nothing', access: { gateway: 'write' } },
  instruments: { ending: 'nothing', access: { gateway: 'read', publisher: 'write' } },
  snapshot: { ending: 'a name', access: { gateway: 'read', publisher: 'write' } },
  deltas: { ending: 'a name', access: { gateway: 'read', publisher: 'write' } },
  granted: { ending: 'a name', access: { publisher: 'write', ...WORKERS_WRITE } },
  holder: { ending: 'a name', access: { gateway: 'read', publisher: 'write', ...WORKERS_WRITE } },
  publishers: { ending: 'nothing', access: { publisher: 'write' } },
  offers: { ending: 'nothing', access: { publisher: 'write' } },
  // Never stored: asking for a change of it shows whether Redis takes writes.
  loopback: { ending: 'a name', access: { gateway: 'write', publisher: 'write', ...WORKERS_WRITE } },
};

export const CHANNEL_KINDS: Readonly<Record<string, Kind<ChannelAccess>>> = {
  room: { ending: 'a name', access: { gateway: 'speak', inbound: 'speak' } },
  archives: { ending: 'nothing', access: { gateway: 'speak', inbound: 'speak', archive: 'listen' } },
  happened: { ending: 'nothing', access: { gateway: 'speak', events: 'listen' } },
  control: { ending: 'nothing', access: { gateway: 'speak' } },
  revoked: { ending: 'nothing', access: { gateway: 'speak' } },
  feed: { ending: 'a name', access: { gateway: 'listen', publisher: 'speak' } },
  releases: { ending: 'nothing', access: { publisher: 'speak', ...WORKERS_SPEAK } },
  loopback: { ending: 'a name', access: { gateway: 'speak', publisher: 'speak', ...WORKERS_SPEAK } },
};

const SOURCES = new URL('../../src/', import.meta.url);
/** `${base}meta/${room}`: what stands behind the base of a name (src/redis/keys.ts). */
const KIND_IN_TEMPLATE = /\$\{[^}]+\}([A-Za-z]+)\//g;

/** The kinds that the sources of the broker make names of. */
export function kindsInSources(): ReadonlySet<string> {
  const files = globSync('**/*.ts', { cwd: SOURCES }).filter((file) => !/\.(test|contract)\.ts$/.test(file));
  const sources = files.map((file) => readFileSync(new URL(file, SOURCES), 'utf8'));
  return new Set(sources.flatMap((source) => [...source.matchAll(KIND_IN_TEMPLATE)].map(([, kind = '']) => kind)));
}

/** The plain name of something of a kind. */
export function nameOf(prefix: string, kind: string, ending: Ending): string {
  return `${prefix}:{mm}:${kind}/${ending === 'nothing' ? '' : 'x'}`;
}

/** Names of a kind that look like those of all others: behind the kind stands what clients choose. */
export function disguisedNamesOf(prefix: string, kind: string): readonly string[] {
  const others = [...Object.entries(KEY_KINDS), ...Object.entries(CHANNEL_KINDS)].filter(([other]) => other !== kind);
  const base = `${prefix}:{mm}:${kind}/`;
  const ends = others.filter(([, { ending }]) => ending === 'nothing').map(([other]) => `${base}}:${other}/`);
  return [...ends, `${base}${others.map(([other]) => `}:${other}/`).join('')}x`];
}
