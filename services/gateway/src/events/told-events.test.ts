import { connectionsOf } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';

const RULES = JSON.stringify([{ pattern: 'lobby', events: true }]);

describe('toldEventsOf', () => {
  it.each([
    ['room', 'r', ''],
    ['member', 'm', ''],
    ['member,room', 'rm', ''],
    ['room,connection', 'r', 'm'],
    ['room,member,connection', 'rm', 'm'],
  ])('tells of rooms whose rule says so, and of connections: %s', (kinds, ofLobby, ofConnections) => {
    const { config } = loadGatewayConfig({ OUTCRY_EVENTS_KINDS: kinds, OUTCRY_ROOM_RULES: RULES });
    const tellings = ['lobby', 'hall', connectionsOf('run')].map((room) => config.told?.of(room));
    expect(tellings).toEqual([ofLobby, '', ofConnections]);
    expect(config.told?.maxEntries).toBe(10_000);
  });

  it('tells of nothing unless it is set', () => {
    expect(loadGatewayConfig({}).config).toMatchObject({ told: undefined, areConnectionsTold: false });
  });

  it.each(['rooms', 'room,', 'room member'])('refuses %j', (kinds) => {
    expect(() => loadGatewayConfig({ OUTCRY_EVENTS_KINDS: kinds })).toThrow('OUTCRY_EVENTS_KINDS: expected `room`');
  });
});
