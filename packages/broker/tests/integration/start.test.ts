import { startRedis, type TestRedis } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedisBackplane, OutcryError } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const PASSWORD = 'correct-horse';

let redis: TestRedis;
let admin: Redis;

beforeAll(async () => {
  redis = await startRedis({ args: ['--requirepass', PASSWORD] });
  admin = new Redis(redis.url, { password: PASSWORD });
  return async () => {
    admin.disconnect();
    await redis.stop();
  };
});
async function failToStart(url: string): Promise<OutcryError> {
  const recorder = new Recorder();
  const backplane = createRedisBackplane({ url });
  const fault: unknown = await backplane.start(recorder).catch((error: unknown) => error);
  if (!(fault instanceof OutcryError)) throw new Error(`not an OutcryError: ${String(fault)}`);
  expect(recorder.statuses).toEqual([]);
  expect(`${fault.message}${JSON.stringify(fault)}`).not.toMatch(/secret|\n/);
  await expect(backplane.broker.join('pit')).rejects.toMatchObject({ code: 'closed' });
  return fault;
}

describe('starting', () => {
  it('says in one line where no Redis answers', async () => {
    const startedAt = Date.now();
    const { code, message } = await failToStart('redis://ann:secret@127.0.0.1:1/3');
    expect(code).toBe('unavailable');
    expect(message).toBe('cannot reach Redis at redis://127.0.0.1:1: ECONNREFUSED 127.0.0.1:1');
    expect(Date.now() - startedAt).toBeLessThan(3500);
  });

  it('says in one line that the password is wrong, and leaves no connection behind', async () => {
    const { code, message } = await failToStart(redis.url.replace('//', '//:secret@'));
    expect(code).toBe('unavailable');
    expect(message).toMatch(/^cannot reach Redis at redis:\/\/[^ ]+: WRONGPASS /);
    await vi.waitFor(async () => {
      expect(
        String(await admin.client('LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(1);
    });
  });

  it('refuses a URL that is none without repeating it', () => {
    expect(() => createRedisBackplane({ url: 'http://:secret@redis.example' })).toThrow(
      expect.objectContaining({ code: 'badConfig', message: expect.not.stringContaining('secret') as string }) as Error,
    );
  });

  it('makes exactly two connections, which end with close', async () => {
    const backplane = createRedisBackplane({ url: redis.url.replace('//', `//:${PASSWORD}@`), prefix: 'named' });
    await backplane.start(new Recorder());
    const names = String(await admin.client('LIST')).match(/ name=\S+/g);
    expect(names?.sort()).toEqual([' name=named:commands', ' name=named:subscriber']);
    await backplane.close();
    await vi.waitFor(async () => {
      expect(String(await admin.client('LIST'))).not.toContain('named:');
    });
  });

  it('sends nothing again, behind what came later, to a Redis that has run no script yet', async () => {
    await admin.script('FLUSH');
    await admin.config('RESETSTAT');
    const backplane = createRedisBackplane({ url: redis.url.replace('//', `//:${PASSWORD}@`) });
    await backplane.start(new Recorder());
    const published = await Promise.all(range(1, 50).map((i) => backplane.broker.publish(request('pit', String(i)))));
    expect(published.map(({ position }) => position.seq)).toEqual(range(1, 50));
    expect(await admin.info('errorstats')).not.toContain('NOSCRIPT');
    await backplane.close();
  });
});
