import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { loadGatewayConfig } from '../config/config.ts';

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
      retention: { count: 7, ms: 60_000 },
      presence: true,
      publish: 'nobody',
      signal: 'members',
      readHistory: true,
      users: ALL_RIGHTS,
      guests: new Set(['read']),
    });
    expect(roomRules.of('lobby').publish).toBe('members');
  });

  it('reports every problem at once, by its place', () => {
    const content = JSON.stringify({
      rules: [
        { pattern: 'Bad Room ', publish: 'me', users: ['own'] },
        { pattern: 'a', history: { count: -1 }, presense: true },
      ],
    });
    expect(() => load(content)).toThrow(
      /rules\.0\.pattern: expected a room name.*rules\.0\.publish.*rules\.0\.users\.0.*rules\.1\.history\.count.*rules\.1: .*presense/s,
    );
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
