import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisProcess, uniquePrefix } from '@outcry/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type Backplane, createRedisBackplane } from '../../src/index.ts';
import { roomOfEachPartition } from '../support/cluster-nodes.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const ROOMS = roomOfEachPartition();

/** As docs/OPERATIONS.md says it. */
it('one Redis becomes the first server of a cluster, and no room loses anything', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'outcry-cluster-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const kept = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always'];
  const prefix = uniquePrefix();
  const start = async (url: string): Promise<Backplane> => {
    const backplane = createRedisBackplane({ url, prefix, startTimeoutMs: A_MINUTE_MS });
    onTestFinished(() => backplane.close());
    await backplane.start(new Recorder());
    return backplane;
  };

  const one = await RedisProcess.start(kept);
  const before = await start(one.url);
  const published = await Promise.all(ROOMS.map((room) => before.broker.publish(request(room, 'before'))));
  await before.close();
  await one[Symbol.asyncDispose]();

  await using first = await RedisProcess.startClusterNode(kept);
  const address = `127.0.0.1:${String(first.port)}`;
  spawnSync('redis-cli', ['--cluster', 'fix', address], { input: 'yes\n' });
  await vi.waitFor(() => {
    expect(String(spawnSync('redis-cli', ['-p', String(first.port), 'cluster', 'info']).stdout)).toMatch(
      /cluster_state:ok[^]*cluster_slots_assigned:16384/,
    );
  }, A_MINUTE_MS);
  const behind = await start(`redis+cluster://${address}`);
  for (const [i, room] of ROOMS.entries()) {
    const seen = published[i]?.position;
    const { position } = await behind.broker.publish(request(room, 'behind'));
    expect(position.seq).toBe(2);
    const history = await behind.broker.readHistory(
      room,
      { after: 1, limit: 10, ...(seen === undefined ? {} : { epoch: seen.epoch }) },
      { count: 10, ms: A_MINUTE_MS },
    );
    // Who comes back with what it had is resumed, and not told of a loss.
    expect(history).toMatchObject({ isContinued: true, messages: [{ position: { seq: 2 } }] });
    const all = await behind.broker.readHistory(room, { last: 10 }, { count: 10, ms: A_MINUTE_MS });
    expect(all.messages.map(({ position: { seq } }) => seq)).toEqual(range(1, 2));
  }
});
