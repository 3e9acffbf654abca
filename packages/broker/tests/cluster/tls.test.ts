import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createCertificate, RedisNodes, type TestCertificate } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRedisBackplane } from '../../src/index.ts';
import { ClusterNodes, roomOfEachPartition, slotOfRoom } from '../support/cluster-nodes.ts';
import { Recorder } from '../support/recorder.ts';
import { request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const ROOMS = roomOfEachPartition();

/** Issue 16: servers that speak TLS, with nodes and with each other. */
describe('a Redis Cluster over TLS', () => {
  let certificate: TestCertificate;
  let redis: RedisNodes;
  beforeAll(async () => {
    certificate = createCertificate();
    redis = await RedisNodes.start({ certificate });
  }, A_MINUTE_MS);
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    certificate[Symbol.dispose]();
  });

  function trust(): void {
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, readFileSync(certificate.certFile, 'latin1')]);
    onTestFinished(() => {
      setDefaultCACertificates(known);
    });
  }

  it('is refused where the certificate of its servers is not trusted', async () => {
    const backplane = createRedisBackplane({ url: redis.tlsUrl });
    await expect(backplane.start(new Recorder())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /: cannot reach Redis at rediss:\/\/localhost:\d+: self-signed certificate$/,
      ) as string,
    });
  });

  it('has its rooms on all servers, each found by the name that its certificate is for, also behind a move', async () => {
    trust();
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start({ url: redis.tlsUrl }), await nodes.start({ url: redis.tlsUrl })];
    await Promise.all(ROOMS.map((room) => b.backplane.broker.join(room)));
    await Promise.all(ROOMS.map((room) => a.backplane.broker.publish(request(room, 'x'))));
    await b.recorder.untilMessages(ROOMS.length);
    const shards = redis.primaries.map(({ tlsPort }) => `rediss://localhost:${String(tlsPort)}`);
    for (const { recorder } of [a, b]) expect([...recorder.shards.keys()].sort()).toEqual([...shards].sort());

    const [room = ''] = ROOMS;
    const slot = slotOfRoom(room);
    const from = await redis.ownerOf(slot);
    const to = redis.primaries.find(({ id }) => id !== from.id);
    if (to === undefined) throw new Error('expected another server');
    await redis.beginMove(slot, from, to);
    await redis.moveKeys(slot, { from, to });
    await a.backplane.broker.publish(request(room, 'on its way'));
    await redis.endMove(slot, from, to);
    await a.backplane.broker.publish(request(room, 'behind it'));
    await b.recorder.untilMessages(ROOMS.length + 2);
    for (const { recorder } of [a, b]) expect(recorder.statuses).not.toContain('down');
    expect(b.recorder.resets).toEqual([]);
    // No connection of ours goes around TLS.
    const lists = await Promise.all(redis.primaries.map(({ process }) => redis.ask(process, 'CLIENT', 'LIST')));
    const addresses = lists.flatMap((list) => [...list.matchAll(/laddr=127\.0\.0\.1:(\d+) .*name=test-/g)]);
    const ports = new Set(addresses.map(([, port]) => Number(port)));
    expect(ports).toEqual(new Set(redis.primaries.map(({ tlsPort }) => tlsPort)));
  });
});
