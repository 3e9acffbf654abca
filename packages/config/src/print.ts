import { describeSettings, type SettingFields } from './settings.ts';

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

/** What `--check-config` prints: the effective values, secrets and passwords in URLs left out. */
export function formatEffective(
  fields: SettingFields,
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  return describeSettings(fields)
    .map(({ name, isSecret }) => {
      const value = values[name];
      if (value === undefined) return `${name}=`;
      return `${name}=${isSecret ? '[redacted]' : redactUrl(String(value))}`;
    })
    .join('\n');
}

/** A URL without its password, as far as that may reach; other text as it is. */
export function redactUrl(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^:@/]*):.*@/is, '$1:[redacted]@');
}

/** The rows of docs/CONFIGURATION.md. */
export function formatMarkdownTable(fields: SettingFields): string {
  const rows = describeSettings(fields).map(({ name, accepts, meaning, ...row }) => {
    const fallback = row.default === undefined ? 'required' : row.default === '' ? '' : `\`${row.default}\``;
    return `| \`${name}\` | ${fallback} | ${accepts} | ${meaning} |`;
  });
  return ['| variable | default | accepts | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
