import { stringify } from 'yaml';
import { z } from 'zod';

import { VALUES } from './values.ts';

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

const COMMENT_COLUMNS = 130;

/** What Helm holds a release's values against. */
export function valuesSchema(): string {
  return `${JSON.stringify(readSchema(), undefined, 2)}\n`;
}

function readSchema(): Schema {
  return z.toJSONSchema(VALUES, { target: 'draft-7', io: 'input' }) as Schema;
}

/** Every value with what it is for, and its default. */
export function valuesYaml(): string {
  return `# Values of the chart. Unknown ones are refused (values.schema.json).\n\n${linesOf(readSchema(), 0, '\n')}`;
}

function linesOf({ properties = {} }: Schema, column: number, between: string): string {
  return Object.entries(properties)
    .map(([key, schema]) => indent(`${commentOf(schema, column)}${entryOf(key, schema)}`, column))
    .join(between);
}

function commentOf({ description }: Schema, column: number): string {
  if (description === undefined) return '';
  const lines = [''];
  for (const word of description.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length + column > COMMENT_COLUMNS) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}\n`).join('');
}

function entryOf(key: string, schema: Schema): string {
  if (schema.properties === undefined) return stringify({ [key]: schema.default }, { singleQuote: true, lineWidth: 0 });
  return `${key}:\n${linesOf(schema, 2, '')}`;
}

function indent(text: string, column: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(column));
}
