import { globSync, readFileSync } from 'node:fs';

import type { RedisRole } from './redis-role.ts';

/** What a role may do with the keys of a kind; or on its channels, where what cannot be heard cannot be said either. */
export type KeyAccess = 'none' | 'read' | 'write';
export type ChannelAccess = 'none' | 'listen' | 'speak';

/** How a name ends behind its kind. */
type Ending = 'nothing' | 'a name';

export interface Kind<Access> extends Readonly<Record<RedisRole, Access>> {
  readonly ending: Ending;
}

/** What deploy/redis/users.acl is held to. A kind that has no line here belongs to nobody: `kindsInSources` finds it. */
export const KEY_KINDS: Readonly<Record<string, Kind<KeyAccess>>> = {
  meta: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'write', archive: 'read', events: 'none' },
  stream: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'write', archive: 'read', events: 'none' },
  archived: {
    ending: 'nothing',
    gateway: 'write',
    publisher: 'none',
    inbound: 'write',
    archive: 'write',
    events: 'none',
  },
  once: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'write', archive: 'none', events: 'none' },
  leases: { ending: 'nothing', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  lease: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  users: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  events: { ending: 'nothing', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'write' },
  journal: {
    ending: 'nothing',
    gateway: 'write',
    publisher: 'none',
    inbound: 'none',
    archive: 'none',
    events: 'write',
  },
  dead: { ending: 'nothing', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'write' },
  nodes: { ending: 'nothing', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  reports: { ending: 'nothing', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  counts: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  bucket: { ending: 'a name', gateway: 'write', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  revocations: {
    ending: 'nothing',
    gateway: 'write',
    publisher: 'none',
    inbound: 'none',
    archive: 'none',
    events: 'none',
  },
  accounts: {
    ending: 'nothing',
    gateway: 'write',
    publisher: 'none',
    inbound: 'none',
    archive: 'none',
    events: 'none',
  },
  instruments: {
    ending: 'nothing',
    gateway: 'read',
    publisher: 'write',
    inbound: 'none',
    archive: 'none',
    events: 'none',
  },
  snapshot: { ending: 'a name', gateway: 'read', publisher: 'write', inbound: 'none', archive: 'none', events: 'none' },
  deltas: { ending: 'a name', gateway: 'read', publisher: 'write', inbound: 'none', archive: 'none', events: 'none' },
  granted: {
    ending: 'a name',
    gateway: 'none',
    publisher: 'write',
    inbound: 'write',
    archive: 'write',
    events: 'write',
  },
  holder: {
    ending: 'a name',
    gateway: 'none',
    publisher: 'write',
    inbound: 'write',
    archive: 'write',
    events: 'write',
  },
  publishers: {
    ending: 'nothing',
    gateway: 'none',
    publisher: 'write',
    inbound: 'none',
    archive: 'none',
    events: 'none',
  },
  offers: { ending: 'nothing', gateway: 'none', publisher: 'write', inbound: 'none', archive: 'none', events: 'none' },
  // Never stored: asking for a change of it shows whether Redis takes writes.
  loopback: {
    ending: 'a name',
    gateway: 'write',
    publisher: 'write',
    inbound: 'write',
    archive: 'write',
    events: 'write',
  },
};

export const CHANNEL_KINDS: Readonly<Record<string, Kind<ChannelAccess>>> = {
  room: { ending: 'a name', gateway: 'speak', publisher: 'none', inbound: 'speak', archive: 'none', events: 'none' },
  archives: {
    ending: 'nothing',
    gateway: 'speak',
    publisher: 'none',
    inbound: 'speak',
    archive: 'listen',
    events: 'none',
  },
  happened: {
    ending: 'nothing',
    gateway: 'speak',
    publisher: 'none',
    inbound: 'none',
    archive: 'none',
    events: 'listen',
  },
  control: { ending: 'nothing', gateway: 'speak', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  revoked: { ending: 'nothing', gateway: 'speak', publisher: 'none', inbound: 'none', archive: 'none', events: 'none' },
  feed: { ending: 'a name', gateway: 'listen', publisher: 'speak', inbound: 'none', archive: 'none', events: 'none' },
  releases: {
    ending: 'nothing',
    gateway: 'none',
    publisher: 'speak',
    inbound: 'speak',
    archive: 'speak',
    events: 'speak',
  },
  loopback: {
    ending: 'a name',
    gateway: 'speak',
    publisher: 'speak',
    inbound: 'speak',
    archive: 'speak',
    events: 'speak',
  },
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
