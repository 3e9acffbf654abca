import { z } from 'zod';

/** What the documentation of a setting needs beside its type. */
export interface FieldOptions<D> {
  /** One sentence for `--help` and docs/CONFIGURATION.md. */
  readonly meaning: string;
  /** As it would stand in the environment. Absent: the setting is required. */
  readonly default?: D | undefined;
  /** Never printed. */
  readonly isSecret?: boolean;
}

interface IntegerOptions extends FieldOptions<number> {
  readonly min: number;
  readonly max: number;
}

/** What a value is where it need not be text, as in a file. */
export type FieldShape =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'text'; readonly pattern: RegExp; readonly isList: boolean }
  | { readonly kind: 'structure'; readonly schema: z.ZodType };

interface TextRule {
  readonly pattern: RegExp;
  readonly accepts: string;
  /** Several of the same with commas between them: a file may have a list instead. */
  readonly isList?: boolean;
}

/** Attached to each field's schema; read by `describeSettings`. */
export interface FieldMeta {
  readonly meaning: string;
  readonly shape: FieldShape;
  readonly accepts: string;
  readonly default: string | undefined;
  readonly isSecret: boolean;
}

export const FIELD_META = new WeakMap<z.ZodType, FieldMeta>();

/** A whole number in decimal digits: no signs, blanks or exponents. */
export function integer(options: IntegerOptions): z.ZodType<number, string | undefined> {
  const accepts = `a whole number from ${String(options.min)} to ${String(options.max)}`;
  const parse = z
    .string()
    .regex(/^\d{1,15}$/, `expected ${accepts}`)
    .transform(Number)
    .refine((value) => value >= options.min && value <= options.max, `expected ${accepts}`);
  const shape = { kind: 'integer', min: options.min, max: options.max } as const;
  return documented(parse, { accepts, shape }, { ...options, default: options.default?.toString() });
}

/** A positive number, decimals allowed. */
export function factor(options: FieldOptions<number>): z.ZodType<number, string | undefined> {
  const accepts = 'a positive number';
  const parse = z
    .string()
    .regex(/^\d+(\.\d+)?$/, `expected ${accepts}`)
    .transform(Number)
    .refine((value) => value > 0, `expected ${accepts}`);
  return documented(
    parse,
    { accepts, shape: { kind: 'number' } },
    { ...options, default: options.default?.toString() },
  );
}

export function boolean(options: FieldOptions<boolean>): z.ZodType<boolean, string | undefined> {
  const parse = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true');
  const what = { accepts: '`true` or `false`', shape: { kind: 'boolean' } } as const;
  return documented(parse, what, { ...options, default: options.default?.toString() });
}

export function choice<const T extends readonly [string, ...string[]]>(
  values: T,
  options: FieldOptions<T[number]>,
): z.ZodType<T[number], string | undefined> {
  const parse = z.enum(values, `expected one of ${values.join(', ')}`) as unknown as z.ZodType<T[number], string>;
  const accepts = values.map((value) => `\`${value}\``).join(', ');
  return documented(parse, { accepts, shape: { kind: 'choice', values } }, options);
}

/** Any text that matches; `accepts` says in words what that is. */
export function text(rule: TextRule, options: FieldOptions<string>): z.ZodType<string, string | undefined> {
  return documented(z.string().regex(rule.pattern, `expected ${rule.accepts}`), ofText(rule), options);
}

/** Text that may be absent altogether. */
export function optionalText(
  rule: TextRule,
  options: Omit<FieldOptions<string>, 'default'>,
): z.ZodType<string | undefined, string | undefined> {
  const schema = z.string().regex(rule.pattern, `expected ${rule.accepts}`).optional();
  return annotate(schema, ofText(rule), { ...options, default: '' });
}

/** What is no text: JSON in the environment, and what `schema` takes as it stands in a file. May be absent. */
export function optionalStructure<T>(
  rule: { readonly schema: z.ZodType<T>; readonly accepts: string },
  options: Omit<FieldOptions<string>, 'default'>,
): z.ZodType<T | undefined, string | undefined> {
  const { schema, accepts } = rule;
  const parse = z.string().transform(parseJson).pipe(schema).optional();
  return annotate(parse, { accepts, shape: { kind: 'structure', schema } }, { ...options, default: '' });
}

function parseJson(text: string, context: z.RefinementCtx<string>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('expected JSON');
    return z.NEVER;
  }
}

type What = Pick<FieldMeta, 'accepts' | 'shape'>;

function ofText({ pattern, accepts, isList = false }: TextRule): What {
  return { accepts, shape: { kind: 'text', pattern, isList } };
}

function documented<T>(
  parse: z.ZodType<T, string>,
  what: What,
  options: FieldOptions<string>,
): z.ZodType<T, string | undefined> {
  const schema = options.default === undefined ? parse : parse.prefault(options.default);
  return annotate(schema as z.ZodType<T, string | undefined>, what, options);
}

function annotate<S extends z.ZodType>(schema: S, what: What, options: FieldOptions<string>): S {
  FIELD_META.set(schema, {
    ...what,
    meaning: options.meaning,
    default: options.default,
    isSecret: options.isSecret ?? false,
  });
  return schema;
}
