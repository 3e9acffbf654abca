import { describe, expect, it, vi } from 'vitest';

/** More than Vitest waits by itself. */
const LATE_MS = 1200;

describe('a wait of which a test does not say how long it may take', () => {
  it.each<[string, (isThere: () => boolean) => Promise<unknown>]>([
    ['waitUntil', (isThere) => vi.waitUntil(isThere)],
    [
      'waitFor',
      (isThere) =>
        vi.waitFor(() => {
          expect(isThere()).toBe(true);
        }),
    ],
    ['poll', (isThere) => expect.poll(isThere).toBe(true)],
  ])('is patient with a machine that is busy: %s', async (_, wait) => {
    const startedAt = performance.now();
    await wait(() => performance.now() - startedAt > LATE_MS);
  });

  it('ends when a test says so', async () => {
    await expect(vi.waitUntil(() => false, 10)).rejects.toThrow('Timed out');
    await expect(vi.waitUntil(() => false, { timeout: 10 })).rejects.toThrow('Timed out');
  });
});
