import { once } from 'node:events';

import { connect } from '@outcry/client';
import {
  type GatewayProcess,
  leasePort,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Command, ExampleProgram, prepareGo, preparePython } from './support/example-program.ts';

describe('the examples', () => {
  const commands = new Map<string, Command>();
  let redis: TestRedis;
  beforeAll(async () => {
    const [python, go, started] = await Promise.all([preparePython(), prepareGo(), startRedis()]);
    commands.set('python', python).set('go', go);
    redis = started;
  });
  afterAll(() => redis.stop());

  const command = (language: string): Command => {
    const found = commands.get(language);
    if (found === undefined) throw new Error(`expected an example in ${language}`);
    return found;
  };

  it.each(['python', 'go'])(
    'in %s says and prints every message once across the death of its gateway',
    async (language) => {
      using lease = await leasePort();
      const settings = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
      const start = (port: number): Promise<GatewayProcess> => startGateway({ ...settings, port });
      const [first, other] = await Promise.all([start(lease.port), start(0)]);
      await using _other = other;
      const bob = connect(other.url, { token: 'bob' });
      const heard: string[] = [];
      const room = bob.join<{ text: string }>('lobby', { onMessage: ({ data }) => heard.push(data.text) });
      await room.joined;
      await using program = new ExampleProgram(command(language), first.url);
      await expect.poll(() => program.said).toContainEqual(expect.stringContaining('joined at 0'));
      program.type('one');
      await expect.poll(() => program.printed).toEqual(['1 ann one']);
      await room.publish({ text: 'two' });
      await expect.poll(() => program.printed).toHaveLength(2);

      first.process.kill();
      await expect.poll(() => program.said).toContainEqual(expect.stringMatching(/closed|no connection/));
      await room.publish({ text: 'three' });
      await room.publish({ text: 'four' });
      program.type('five');
      await using _second = await start(lease.port);
      await expect.poll(() => heard).toContain('five');
      await room.publish({ text: 'six' });
      // Each hears it from a gateway of its own: neither has to be the first.
      await Promise.all([
        expect.poll(() => program.printed).toContain('6 bob six'),
        expect.poll(() => heard).toContain('six'),
      ]);

      expect(program.printed).toEqual([
        '1 ann one',
        '2 bob two',
        '3 bob three',
        '4 bob four',
        '5 ann five',
        '6 bob six',
      ]);
      expect(heard).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
      bob.close();
    },
  );

  it.each(['python', 'go'])('in %s answers the pings of its gateway', async (language) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'outcry.v1.msgpack' });
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
    const pongs: string[] = [];
    server.on('connection', (socket) => {
      socket.on('pong', (data) => pongs.push(data.toString())).ping('are you there?');
    });
    await using _program = new ExampleProgram(command(language), `ws://127.0.0.1:${String(address.port)}/ws`);
    await expect.poll(() => pongs).toEqual(['are you there?']);
  });
});
