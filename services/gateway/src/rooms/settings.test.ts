import { expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';

const KIB = 1024;

it.each([
  [{}, 256 * KIB],
  [{ OUTCRY_HISTORY_BYTES: String(100 * KIB) }, 100 * KIB],
  [{ OUTCRY_SOFT_BUFFER_BYTES: '100000', OUTCRY_HARD_BUFFER_BYTES: '200000' }, 66_666],
])('a page of the past is no more than a third of what a client may leave unread: %j', (environment, bytes) => {
  expect(loadGatewayConfig(environment).config.historyPageBytes).toBe(bytes);
});

it('rules stand among the settings or in a file, and not in both', () => {
  const rules = { OUTCRY_ROOM_RULES: '[{"pattern":"news.*","publish":"nobody"}]' };
  const { roomRules } = loadGatewayConfig(rules).config;
  expect([roomRules.of('news.eu').publish, roomRules.of('lobby').publish]).toEqual(['nobody', 'members']);
  const both = { ...rules, OUTCRY_ROOM_RULES_FILE: '/etc/outcry/rooms.json' };
  expect(() => loadGatewayConfig(both)).toThrow('OUTCRY_ROOM_RULES: is not set where OUTCRY_ROOM_RULES_FILE is');
});
