import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ALL_RIGHTS, NO_RIGHTS } from '../identity/rights/room-rights.ts';
import { loadGatewayConfig } from '../config/config.ts';

const MIB = 1024 * 1024;
const UNARCHIVED = { unarchivedBytes: 64 * MIB };

describe('the file of room rules', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'outcry-'));
    path = join(directory, 'rooms.json');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function load(content: string): ReturnType<typeof loadGatewayConfig>['config'] {
    writeFileSync(path, content);
    return loadGatewayConfig({ OUTCRY_ROOM_RULES_FILE: path, OUTCRY_HISTORY_COUNT: '7' }).config;
  }

  it('completes each rule with the defaults', () => {
    const { roomRules } = load(
      JSON.stringify({ rules: [{ pattern: 'news.*', publish: 'nobody', history: { seconds: 60 }, guests: ['read'] }] }),
    );
    expect(roomRules.of('news.eu')).toEqual({
      retention: { count: 7, ms: 60_000, bytes: 32 * MIB, ...UNARCHIVED },
      presence: true,
      publish: 'nobody',
      signal: 'members',
      readHistory: true,
      users: ALL_RIGHTS,
      guests: new Set(['read']),
    });
    expect(roomRules.of('lobby').publish).toBe('members');
  });

  it('says which rooms are archived, and refuses to archive what is not kept', () => {
    const archived = { pattern: 'chat.*', archive: true };
    const { roomRules } = load(
      JSON.stringify({ rules: [archived, { pattern: 'a', archive: false }, { pattern: '*' }] }),
    );
    expect(['chat.1', 'a', 'lobby'].map((room) => roomRules.of(room).retention.isArchived)).toEqual([
      true,
      undefined,
      undefined,
    ]);
    const unkept = JSON.stringify({ rules: [{ ...archived, history: { count: 0 } }] });
    expect(() => load(unkept)).toThrow(
      'rules.0.archive: a room that keeps nothing cannot be archived, expected history.count',
    );
    const none = { OUTCRY_HISTORY_COUNT: '0', OUTCRY_ROOM_RULES: JSON.stringify([archived]) };
    expect(() => loadGatewayConfig(none)).toThrow('a room that keeps nothing cannot be archived');
  });

  it('says of which rooms somebody is told, and refuses those of which nobody can be', () => {
    const rules = [{ pattern: 'quiet', events: false }, { pattern: 'said', events: true }, { pattern: 'else' }];
    const told = { OUTCRY_EVENTS_KINDS: 'member' };
    const loadRules = (list: readonly object[], environment: Readonly<Record<string, string>> = told): unknown =>
      loadGatewayConfig({ OUTCRY_ROOM_RULES: JSON.stringify(list), ...environment });
    const { config } = loadGatewayConfig({ OUTCRY_ROOM_RULES: JSON.stringify(rules), ...told });
    expect(['quiet', 'said', 'else'].map((room) => config.roomRules.of(room).events)).toEqual([false, true, undefined]);
    for (const environment of [{}, { OUTCRY_EVENTS_KINDS: 'connection' }]) {
      expect(() => loadRules(rules, environment)).toThrow(
        '1.events: nobody is told: OUTCRY_EVENTS_KINDS has neither room nor member',
      );
    }
    expect(() => loadRules([{ pattern: 'a', events: true, presence: false }])).toThrow('is not known without presence');
    expect(() => loadRules([{ pattern: '@*', events: true }])).toThrow(
      '0.events: nobody is told who is in inboxes and @all',
    );
  });

  it('says of which hooks a room is asked, and refuses those that nobody answers', () => {
    const content = JSON.stringify({
      rules: [
        { pattern: 'quiet', hooks: [] },
        { pattern: 'said', hooks: ['publish'] },
        { pattern: 'else', presence: false },
      ],
    });
    expect(() => load(content)).toThrow('rules.1.hooks: nobody is asked: OUTCRY_HOOKS_PUBLISH_URL is not set');
    const { roomRules } = loadGatewayConfig({
      OUTCRY_ROOM_RULES_FILE: path,
      OUTCRY_HOOKS_PUBLISH_URL: 'https://hooks.example.com',
      OUTCRY_HOOKS_SECRET: 'a-secret-of-at-least-thirty-two-characters',
    }).config;
    expect(roomRules.of('quiet').hooks).toEqual(new Set());
    expect(roomRules.of('said').hooks).toEqual(new Set(['publish']));
    expect(roomRules.of('else').hooks).toBeUndefined();
    expect(() => load('{"rules":[{"pattern":"a","hooks":["connect"]}]}')).toThrow('rules.0.hooks.0');
  });

  it('takes all that a rule says, also where it takes something away', () => {
    const rule = {
      history: { count: 3, seconds: 1, bytes: 1024 },
      presence: false,
      publish: 'anyone',
      signal: 'nobody',
      readHistory: false,
      users: ['read'],
      guests: [],
      scopes: { 'chat:write': ['read', 'write'] },
    };
    const { roomRules } = load(JSON.stringify({ rules: [{ pattern: 'closed', ...rule }] }));
    expect(roomRules.of('closed')).toEqual({
      ...rule,
      history: undefined,
      retention: { count: 3, ms: 1000, bytes: 1024, ...UNARCHIVED },
      users: new Set(['read']),
      guests: NO_RIGHTS,
      scopes: new Map([['chat:write', new Set(['read', 'write'])]]),
    });
    const { retention } = load('{"rules":[{"pattern":"few","history":{"count":2}}]}').roomRules.of('few');
    expect(retention).toEqual({ count: 2, ms: 600_000, bytes: 32 * MIB, ...UNARCHIVED });
  });

  it('is not needed: rooms are open to all where nobody can prove who they are, and to nobody where they can', () => {
    const rightsOf = (environment: Readonly<Record<string, string>>): unknown => {
      const { users, guests, ...rule } = loadGatewayConfig(environment).config.roomRules.of('lobby');
      expect(rule).toMatchObject({ presence: true, publish: 'members', signal: 'members', readHistory: true });
      expect(users).toBe(guests);
      return users;
    };
    expect(rightsOf({})).toBe(ALL_RIGHTS);
    expect(rightsOf({ OUTCRY_AUTH_SECRET: 's'.repeat(32) })).toBe(NO_RIGHTS);
  });

  it('keeps little in inboxes, where no rule says otherwise', () => {
    const inbox = { count: 7, ms: 600_000, bytes: MIB, ...UNARCHIVED };
    expect(load(JSON.stringify({ rules: [] })).roomRules.of('@ann').retention).toEqual(inbox);
    const { roomRules } = load(JSON.stringify({ rules: [{ pattern: '@*', history: { bytes: 5 } }] }));
    expect(roomRules.of('@ann').retention).toEqual({ ...inbox, bytes: 5 });
    const byDefault = loadGatewayConfig({}).config.roomRules;
    expect(byDefault.of('@ann').retention).toMatchObject({ count: 200 });
    expect(byDefault.of('@all').retention).toEqual(byDefault.of('lobby').retention);
  });

  it('reports every problem at once, by its place', () => {
    const content = JSON.stringify({
      rules: [
        { pattern: 'Bad Room ', publish: 'me', users: ['own'], scopes: { 'two words': ['read'], fine: ['own'] } },
        { pattern: 'a', history: { count: -1 }, presense: true },
      ],
    });
    expect(() => load(content)).toThrow(
      /rules\.0\.pattern: expected a room name.*rules\.0\.publish.*rules\.0\.users\.0.*rules\.0\.scopes\.two words.*rules\.0\.scopes\.fine\.0.*rules\.1\.history\.count.*rules\.1: .*presense/s,
    );
  });

  it.each([
    [
      'in an inbox the members speak',
      { pattern: '@*', publish: 'members' },
      'rules.0.publish: an inbox has no members',
    ],
    ['in an inbox members signal', { pattern: '@a*', signal: 'members' }, 'rules.0.signal: an inbox has no members'],
    ['users read inboxes', { pattern: '@*', users: ['write', 'read'] }, 'rules.0.users: read: an inbox is read by its'],
    ['guests see who reads an inbox', { pattern: '@ann', guests: ['presence'] }, 'rules.0.guests: presence: an inbox'],
    [
      'a scope reads inboxes',
      { pattern: '@*', scopes: { admin: ['read'] } },
      'rules.0.scopes.admin: read: an inbox is read by its',
    ],
    ['inboxes list members', { pattern: '@*', presence: true }, 'rules.0.presence: inboxes and @all list no members'],
    [
      'anyone speaks to all',
      { pattern: '@all', publish: 'anyone' },
      'rules.0.publish: in @all the server alone speaks',
    ],
    [
      'members signal to all',
      { pattern: '@all', signal: 'members' },
      'rules.0.signal: in @all the server alone speaks',
    ],
    ['users write to all', { pattern: '@all', users: ['write'] }, 'rules.0.users: write: @all is read by everybody'],
  ])('is refused where it says what will not hold: that %s', (_, rule, problem) => {
    expect(() => load(JSON.stringify({ rules: [rule] }))).toThrow(problem);
  });

  it.each([
    ['news.*', 'news.*'],
    ['news.*', 'news.eu'],
    ['*', '@*'],
    ['n*s.*', 'news.*.log'],
    ['@a*', '@all'],
  ])('is refused where a rule comes behind one that holds in all of its rooms: %s before %s', (first, second) => {
    const content = JSON.stringify({ rules: [{ pattern: first }, { pattern: 'else' }, { pattern: second }] });
    expect(() => load(content)).toThrow(
      'rules.2.pattern: never holds, because rules.0 comes first in all of its rooms',
    );
  });

  it.each([
    [
      'a rule behind one that holds in some of its rooms',
      [{ pattern: 'news.eu' }, { pattern: 'news.*' }, { pattern: '*' }],
    ],
    ['inboxes that the server alone writes to', [{ pattern: '@*', publish: 'nobody', signal: 'nobody' }]],
    ['inboxes that some write to', [{ pattern: '@*', publish: 'anyone', presence: false, users: ['write', 'signal'] }]],
    ['what holds in @all anyway', [{ pattern: '@all', publish: 'nobody', guests: ['read'], history: { count: 9 } }]],
    ['rooms that keep nothing, where nobody wants that archived', [{ pattern: 'a', history: { count: 0 } }]],
    ['what speaks of all rooms', [{ pattern: '*', presence: true, publish: 'members', users: ['read', 'presence'] }]],
  ])('takes %s', (_, rules) => {
    expect(() => load(JSON.stringify({ rules }))).not.toThrow();
  });

  it('is taken as it is delivered', () => {
    const delivered = new URL('../../../../deploy/room-rules/chat.json', import.meta.url);
    expect(() => loadGatewayConfig({ OUTCRY_ROOM_RULES_FILE: fileURLToPath(delivered) })).not.toThrow();
  });

  it.each([['{', 'is not JSON']])('says that %j %s', (content, problem) => {
    expect(() => load(content)).toThrow(problem);
  });

  it('says which file is missing', () => {
    expect(() => loadGatewayConfig({ OUTCRY_ROOM_RULES_FILE: '/nowhere/rooms.json' })).toThrow(
      'OUTCRY_ROOM_RULES_FILE: /nowhere/rooms.json cannot be read',
    );
  });
});
