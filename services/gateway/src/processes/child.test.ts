import { EventEmitter, on } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, type Logger } from '@outcry/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { Child } from './child.ts';

/** Serves, and ends with a fault. */
const SERVES_AND_FAILS = "process.send('ready', () => process.exit(1));";

let folder: string;
let entry: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-'));
  entry = join(folder, 'serves-and-fails.mjs');
  await writeFile(entry, SERVES_AND_FAILS);
});
afterAll(() => rm(folder, { recursive: true }));

/** Waits of which a test decides when they are over. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return () => vi.useRealTimers();
});

describe('a process that ends without having been told to', () => {
  it('is started again after 250 ms, and after twice as long each time that it ends again, up to 10 s', async () => {
    const logger: Logger = createLogger({ level: 'silent', fields: {} });
    const told = new EventEmitter();
    vi.spyOn(logger, 'error').mockImplementation((line: unknown) => {
      told.emit('end', (line as { readonly inMs: number }).inMs);
    });
    const ends = on(told, 'end');
    const waits: number[] = [];
    const child = new Child({ index: 0, entry, environment: process.env, logger });
    await child.start();
    for await (const [inMs] of ends as AsyncIterable<[number]>) {
      waits.push(inMs);
      if (waits.length === 9) break;
      vi.advanceTimersByTime(inMs);
    }
    await child.stop();
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });
});
