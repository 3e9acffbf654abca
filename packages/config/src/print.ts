import { formatPlace, fieldsOf, placesOf, type Sections } from './sections.ts';
import { describeSettings, type Environment, type SettingFields } from './settings.ts';

/** Of a cell of a table for terminals, past which it stands out. */
const MAX_WIDTH = 48;

/** What `--help` prints: usage, then every variable with its default and meaning. */
export function formatHelp(usage: string, fields: SettingFields): string {
  const rows = describeSettings(fields);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, meaning, ...row }) => {
    const fallback = row.default === undefined ? 'required' : row.default === '' ? 'unset' : `default ${row.default}`;
    return `  ${name.padEnd(width)}  ${meaning} (${fallback})`;
  });
  return `${usage}\n\nSettings, as environment variables:\n\n${lines.join('\n')}\n`;
}

/** Where values come from. */
export interface Given {
  /** Without what is left to the defaults. */
  readonly environment: Environment;
  originOf(name: string): string;
}

/** What `--check-config` prints: a table of effective values, secrets and passwords in URLs left out, and where each comes from. */
export function formatEffective(fields: SettingFields, given: Given): string {
  const rows = describeSettings(fields).map(({ name, isSecret, ...row }) => {
    const text = given.environment[name] ?? '';
    const value = text === '' ? (row.default ?? '') : isSecret ? '[redacted]' : redactUrl(text);
    return [name, value, given.originOf(name)];
  });
  const table = [['setting', 'value', 'from'], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => Math.min(MAX_WIDTH, row[column]?.length ?? 0))));
  return table.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}

/** A URL without its password, as far as that may reach; other text as it is. */
export function redactUrl(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^:@/]*):.*@/is, '$1:[redacted]@');
}

/** The rows of docs/CONFIGURATION.md, of those of the settings in `fields`. */
export function formatMarkdownTable(sections: Sections, fields: SettingFields = fieldsOf(sections)): string {
  const places = placesOf(sections);
  const rows = describeSettings(fields).map(({ name, accepts, meaning, ...row }) => {
    const fallback = row.default === undefined ? 'required' : row.default === '' ? '' : `\`${row.default}\``;
    const place = places.get(name);
    const key = place === undefined ? '' : `\`${formatPlace(place)}\``;
    return `| \`${name}\` | ${key} | ${fallback} | ${accepts} | ${meaning} |`;
  });
  return ['| variable | in a file | default | accepts | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
