import { z } from 'zod';

import { FIELD_META, type FieldMeta } from './field.ts';

/** A service's settings: one field per environment variable, by the variable's name. */
export type SettingFields = Readonly<Record<`OUTCRY_${string}`, z.ZodType>>;

export type SettingValues<F extends SettingFields> = { readonly [K in keyof F]: z.output<F[K]> };

/** What the command line reads: an environment that both are started from is none of a service's problems. */
const TOOL_VARIABLES: ReadonlySet<string> = new Set(['OUTCRY_URL', 'OUTCRY_TOKEN', 'OUTCRY_API_KEY', 'OUTCRY_API_URL']);

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one setting. */
export interface ConfigProblem {
  /** The variable of the setting. */
  readonly name: string;
  /** The way to it inside the setting, where that is no text. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What is wrong with a configuration: every problem, each with the variable's name in front. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  /** The same; a line that begins with no variable is itself. */
  readonly details: readonly (ConfigProblem | string)[];

  constructor(details: readonly (ConfigProblem | string)[]) {
    const problems = details.map((detail) => (typeof detail === 'string' ? detail : lineOf(detail)));
    super(problems.join('; '));
    this.problems = problems;
    this.details = details.map((detail) => (typeof detail === 'string' ? problemOf(detail) : detail));
  }
}

function lineOf({ name, path, message }: ConfigProblem): string {
  return `${[name, ...path.map(String)].join('.')}: ${message}`;
}

function problemOf(line: string): ConfigProblem | string {
  const [, name, message] = /^(OUTCRY_\w+): (.*)$/s.exec(line) ?? [];
  return name === undefined || message === undefined ? line : { name, path: [], message };
}

/**
 * Reads the settings out of an environment. An empty variable counts as absent. Unknown `OUTCRY_*` names are problems,
 * because a misspelt name would otherwise be a default that nobody chose; those of the command line are none.
 *
 * @throws ConfigError with all problems at once
 */
export function readSettings<F extends SettingFields>(fields: F, environment: Environment): SettingValues<F> {
  const input = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => name.startsWith('OUTCRY_') && value !== undefined && value !== '' && isSetting(name, fields),
    ),
  );
  const result = z.strictObject(fields).safeParse(input);
  if (result.success) return result.data as SettingValues<F>;
  throw new ConfigError(result.error.issues.flatMap(problemsOf));
}

function isSetting(name: string, fields: SettingFields): boolean {
  return name in fields || !TOOL_VARIABLES.has(name);
}

function problemsOf(issue: z.core.$ZodIssue): readonly ConfigProblem[] {
  const [name = '', ...path] = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const isSettingOf = issue.path.length === 0;
    return issue.keys.map((key) =>
      isSettingOf
        ? { name: key, path: [], message: 'unknown setting' }
        : { name: String(name), path: [...path, key], message: 'unknown key' },
    );
  }
  const isMissing = path.length === 0 && issue.code === 'invalid_type' && issue.input === undefined;
  return [{ name: String(name), path, message: isMissing ? 'required' : issue.message }];
}

export interface SettingDescription extends FieldMeta {
  readonly name: string;
}

/** The settings as rows of documentation, in the order of the fields. */
export function describeSettings(fields: SettingFields): readonly SettingDescription[] {
  return Object.entries(fields).map(([name, schema]) => {
    const meta = FIELD_META.get(schema);
    if (meta === undefined) throw new TypeError(`${name} was not made by a field builder`);
    return { name, ...meta };
  });
}
