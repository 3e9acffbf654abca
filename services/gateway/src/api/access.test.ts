import { describe, expect, it } from 'vitest';

import { Access, audit, checkAccess } from './access.ts';
import { bearerOf, readReason } from './bearer.ts';

const SERVER = { name: 'server', mayAct: true };
const WATCHER = { name: 'watcher', mayAct: false };

describe('checkAccess', () => {
  it('lets a key that only reads look, and nothing else', () => {
    expect(() => {
      checkAccess(Access.Look, WATCHER);
    }).not.toThrow();
    for (const access of [Access.Serve, Access.Act]) {
      expect(() => {
        checkAccess(access, WATCHER);
      }).toThrow('OUTCRY_API_READ_KEYS');
      expect(() => {
        checkAccess(access, SERVER);
      }).not.toThrow();
    }
  });
});

describe('audit', () => {
  function write(deed: Partial<Parameters<typeof audit>[1]>, reason?: string): unknown[] {
    const lines: unknown[] = [];
    const logger = { info: (fields: unknown) => lines.push(fields), debug: () => undefined };
    const whole = { command: 'disconnect', access: Access.Act, params: {}, outcome: 'done', ...deed };
    audit({ ...SERVER, reason }, whole, { logger: logger as never });
    return lines;
  }

  it('says who has done what to whom, why, and what became of it; never what was said, or a password', () => {
    const params = { user: 'ann', mayReturn: true, password: 'battery staple', data: 'secret', rights: {} };
    expect(write({ params, outcome: 'unavailable' }, 'she asked for it')).toEqual([
      {
        ...{ key: 'server', command: 'disconnect', user: 'ann', mayReturn: true },
        ...{ reason: 'she asked for it', outcome: 'unavailable' },
      },
    ]);
  });

  it('is silent about looking, and about what servers do all day without a reason', () => {
    expect(write({ access: Access.Look }, 'why not')).toEqual([]);
    expect(write({ access: Access.Serve })).toEqual([]);
    expect(write({ access: Access.Serve }, 'by hand')).toHaveLength(1);
  });
});

describe('bearerOf', () => {
  it('goes by its name in the log, or by a part of its hash, from which nobody learns the key', () => {
    const key = 'a-key-of-sixteen-characters';
    expect(bearerOf({ key, name: 'ann', mayAct: false })).toEqual({ name: 'ann', mayAct: false });
    expect(bearerOf({ key, name: undefined, mayAct: true })).toEqual({ name: 'sha256:b22120d6', mayAct: true });
  });
});

describe('readReason', () => {
  it('is decoded, and refused where it is long or no encoding', () => {
    expect(readReason(undefined)).toBeUndefined();
    expect(readReason('gut%20genug%20%E2%9C%93')).toBe('gut genug ✓');
    expect(readReason('x'.repeat(200))).toHaveLength(200);
    expect(readReason('a%E2%80%AEb%0D%0Ac')).toBe('a b c');
    for (const wrong of ['x'.repeat(201), '%E2%9', '%']) expect(() => readReason(wrong)).toThrow('outcry-reason');
  });
});
