import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';

import { createOutput } from '../output/output.ts';
import { resendEvents } from './events.ts';

describe('resendEvents', () => {
  it.each([
    [0, false, 'there are no dead letters\n'],
    [7, false, '7 dead letters are told again\n'],
    [7, true, '{"resent":7}\n'],
  ])('asks the server API, and says how many there were (%i, JSON: %s)', async (resent, isJson, expected) => {
    const out = new PassThrough();
    const output = createOutput(isJson, { out, notes: new PassThrough(), isDumb: true });
    const call = vi.fn(() => Promise.resolve({ resent }));
    await resendEvents({ api: { call }, output, input: new PassThrough() });
    expect(call).toHaveBeenCalledExactlyOnceWith('resendEvents', {});
    expect(String(out.read())).toBe(expected);
  });
});
