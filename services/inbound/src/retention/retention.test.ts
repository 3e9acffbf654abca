import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError, readSettings } from '@outcry/config';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { RetentionRules } from './retention-rules.ts';
import { loadRetentionRules, RETENTION_SETTINGS } from './settings.ts';

const MIB = 1024 * 1024;
const UNARCHIVED = { unarchivedBytes: 64 * MIB };

function load(rules?: string, environment: Record<string, string> = {}): RetentionRules {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-rules-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'rules.json');
  if (rules !== undefined) writeFileSync(path, rules);
  const file: Record<string, string> = rules === undefined ? {} : { OUTCRY_ROOM_RULES_FILE: path };
  return loadRetentionRules(readSettings(RETENTION_SETTINGS, { ...file, ...environment }));
}

describe('loadRetentionRules', () => {
  it('has the defaults of the gateways where there is no file', () => {
    const rules = load();
    expect(rules.of('lobby')).toEqual({ count: 1000, ms: 600_000, bytes: 32 * MIB, ...UNARCHIVED });
    expect(rules.of('@all')).toEqual(rules.of('lobby'));
    expect(rules.of('@ann')).toEqual({ count: 200, ms: 600_000, bytes: MIB, ...UNARCHIVED });
    expect(load(undefined, { OUTCRY_HISTORY_COUNT: '10' }).of('@ann').count).toBe(10);
  });

  it('goes by the first rule that matches, and by the defaults for what that leaves out', () => {
    const rules = load(
      JSON.stringify({
        rules: [
          { pattern: 'log:*', history: { count: 5, seconds: 7 }, publish: 'nobody', users: ['read'] },
          { pattern: '@*', history: { bytes: 99 }, archive: true },
          { pattern: '*', history: { count: 0 } },
        ],
      }),
    );
    expect(rules.of('log:1')).toEqual({ count: 5, ms: 7000, bytes: 32 * MIB, ...UNARCHIVED });
    expect(rules.of('@ann')).toEqual({ count: 200, ms: 600_000, bytes: 99, ...UNARCHIVED, isArchived: true });
    expect(rules.of('lobby')).toMatchObject({ count: 0 });
  });

  it('goes by rules that stand among the settings as by those of a file', () => {
    const rules = [{ pattern: 'log:*', history: { count: 5, seconds: 7 }, publish: 'nobody' }, { pattern: '*' }];
    const [file, list] = [
      load(JSON.stringify({ rules })),
      load(undefined, { OUTCRY_ROOM_RULES: JSON.stringify(rules) }),
    ];
    expect(list.of('log:1')).toEqual({ count: 5, ms: 7000, bytes: 32 * MIB, ...UNARCHIVED });
    for (const room of ['log:1', 'lobby', '@ann']) expect(list.of(room)).toEqual(file.of(room));
  });

  it.each([
    ['{', /is not JSON/],
    ['{"rules": [{"pattern": "a b\\u0000"}]}', /rules\.0\.pattern: expected a room name/],
    ['{"rules": [{"pattern": "a", "history": {"count": -1}}]}', /rules\.0\.history\.count: /],
  ])('refuses the file %s', (text, problem) => {
    expect(() => load(text)).toThrow(ConfigError);
    expect(() => load(text)).toThrow(problem);
  });
});
