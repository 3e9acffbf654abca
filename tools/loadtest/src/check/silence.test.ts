import { describe, expect, it } from 'vitest';

import { Silence } from './silence.ts';

describe('Silence', () => {
  it('is the longest time between two messages', () => {
    const silence = new Silence();
    silence.begin(0);
    for (const at of [100, 200, 900, 1000]) silence.heard(at);
    silence.end(1050);
    expect(silence.longestMs).toBe(700);
  });

  it('counts before the first message, behind the last, and where none came at all', () => {
    const [late, early, deaf] = [new Silence(), new Silence(), new Silence()];
    for (const silence of [late, early, deaf]) silence.begin(0);
    late.heard(800);
    early.heard(100);
    for (const silence of [late, early, deaf]) silence.end(1000);
    expect([late.longestMs, early.longestMs, deaf.longestMs]).toEqual([800, 900, 1000]);
  });

  it('does not count while nobody listens, or before who went on purpose is back', () => {
    const silence = new Silence();
    expect(silence.longestMs).toBeUndefined();
    silence.begin(0);
    silence.excuse(50, 5000);
    silence.heard(4000);
    silence.heard(5100);
    silence.end(5150);
    silence.heard(9000);
    silence.end(9000);
    expect(silence.longestMs).toBe(100);
  });
});
