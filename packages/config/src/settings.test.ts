import { describe, expect, it } from 'vitest';

import { boolean, choice, integer, optionalText, text } from './field.ts';
import { formatEffective, formatHelp, formatMarkdownTable } from './print.ts';
import { ConfigError, readSettings } from './settings.ts';

const fields = {
  OUTCRY_PORT: integer({ meaning: 'Public port.', min: 0, max: 65_535, default: 1337 }),
  OUTCRY_DEMO: boolean({ meaning: 'Serves the page.', default: false }),
  OUTCRY_MODE: choice(['a', 'b'], { meaning: 'Mode.', default: 'a' }),
  OUTCRY_URL: text({ pattern: /^redis:\/\//, accepts: 'a redis:// URL' }, { meaning: 'Where Redis is.' }),
  OUTCRY_TOKEN: optionalText(
    { pattern: /^.{4,}$/, accepts: 'four characters' },
    { meaning: 'A token.', isSecret: true },
  ),
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(fields, environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

describe('readSettings', () => {
  it('takes defaults, given values and empty ones', () => {
    const settings = readSettings(fields, {
      OUTCRY_URL: 'redis://h',
      OUTCRY_PORT: '80',
      OUTCRY_MODE: '',
      PATH: '/bin',
    });
    expect(settings).toEqual({ OUTCRY_PORT: 80, OUTCRY_DEMO: false, OUTCRY_MODE: 'a', OUTCRY_URL: 'redis://h' });
  });

  it('takes the variables of the command line for no mistake, and everything else that it does not know for one', () => {
    const { OUTCRY_PORT } = fields;
    const ofTools = { OUTCRY_URL: 'ws://h', OUTCRY_TOKEN: 'ann', OUTCRY_API_KEY: 'k', OUTCRY_API_URL: 'http://h' };
    expect(readSettings({ OUTCRY_PORT }, ofTools)).toEqual({ OUTCRY_PORT: 1337 });
    expect(() => readSettings({ OUTCRY_PORT }, { OUTCRY_URLS: 'ws://h' })).toThrow('OUTCRY_URLS: unknown setting');
  });

  it('reports every problem at once, by name', () => {
    expect(problemsOf({ OUTCRY_PORT: '1e3', OUTCRY_DEMO: 'yes', OUTCRY_PROT: '1' })).toEqual([
      'OUTCRY_PORT: expected a whole number from 0 to 65535',
      'OUTCRY_DEMO: expected true or false',
      'OUTCRY_URL: required',
      'OUTCRY_PROT: unknown setting',
    ]);
  });

  it.each(['-1', '65536', ' 1', '0x10', '1.5', ''.padEnd(16, '9')])('refuses the port %j', (port) => {
    expect(problemsOf({ OUTCRY_URL: 'redis://h', OUTCRY_PORT: port })).toEqual([
      'OUTCRY_PORT: expected a whole number from 0 to 65535',
    ]);
  });
});

describe('printing', () => {
  it('keeps secrets and passwords to itself', () => {
    const environment = { OUTCRY_URL: 'redis://user:hunter2@h:1', OUTCRY_TOKEN: 'swordfish' };
    const printed = formatEffective(fields, { environment, originOf: () => 'environment' });
    expect(printed).toMatch(/^OUTCRY_URL +redis:\/\/user:\[redacted\]@h:1 +environment$/m);
    expect(printed).toMatch(/^OUTCRY_TOKEN +\[redacted\] +environment$/m);
    expect(printed).not.toMatch(/hunter2|swordfish/);
  });

  it('lists every setting in help and documentation', () => {
    for (const name of Object.keys(fields)) {
      expect(formatHelp('usage', fields)).toContain(name);
      expect(formatMarkdownTable({ service: fields })).toContain(`| \`${name}\` |`);
    }
    expect(formatHelp('usage', fields)).toContain('Public port. (default 1337)');
    expect(formatHelp('usage', fields)).toContain('Where Redis is. (required)');
  });
});
