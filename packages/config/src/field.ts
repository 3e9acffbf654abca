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

/** Attached to each field's schema; read by `describeSettings`. */
export interface FieldMeta {
  readonly meaning: string;
  readonly accepts: string;
  readonly default: string | undefined;
  readonly isSecret: boolean;
}

export const FIELD_META = z.registry<FieldMeta>();

/** A whole number in decimal digits: no signs, blanks or exponents. */
export function integer(options: IntegerOptions): z.ZodType<number, string | undefined> {
  const accepts = `a whole number from ${String(options.min)} to ${String(options.max)}`;
  const parse = z
    .string()
    .regex(/^\d{1,15}$/, `expected ${accepts}`)
    .transform(Number)
    .refine((value) => value >= options.min && value <= options.max, `expected ${accepts}`);
  return documented(parse, accepts, { ...options, default: options.default?.toString() });
}

/** A positive number, decimals allowed. */
export function factor(options: FieldOptions<number>): z.ZodType<number, string | undefined> {
  const accepts = 'a positive number';
  const parse = z
    .string()
    .regex(/^\d+(\.\d+)?$/, `expected ${accepts}`)
    .transform(Number)
    .refine((value) => value > 0, `expected ${accepts}`);
  return documented(parse, accepts, { ...options, default: options.default?.toString() });
}

export function boolean(options: FieldOptions<boolean>): z.ZodType<boolean, string | undefined> {
  const parse = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true');
  return documented(parse, '`true` or `false`', { ...options, default: options.default?.toString() });
}

export function choice<const T extends readonly [string, ...string[]]>(
  values: T,
  options: FieldOptions<T[number]>,
): z.ZodType<T[number], string | undefined> {
  const parse = z.enum(values, `expected one of ${values.join(', ')}`) as unknown as z.ZodType<T[number], string>;
  return documented(parse, values.map((value) => `\`${value}\``).join(', '), options);
}

/** Any text that matches; `accepts` says in words what that is. */
export function text(
  rule: { readonly pattern: RegExp; readonly accepts: string },
  options: FieldOptions<string>,
): z.ZodType<string, string | undefined> {
  return documented(z.string().regex(rule.pattern, `expected ${rule.accepts}`), rule.accepts, options);
}

/** Text that may be absent altogether. */
export function optionalText(
  rule: { readonly pattern: RegExp; readonly accepts: string },
  options: Omit<FieldOptions<string>, 'default'>,
): z.ZodType<string | undefined, string | undefined> {
  const schema = z.string().regex(rule.pattern, `expected ${rule.accepts}`).optional();
  return annotate(schema, rule.accepts, { ...options, default: '' });
}

function documented<T>(
  parse: z.ZodType<T, string>,
  accepts: string,
  options: FieldOptions<string>,
): z.ZodType<T, string | undefined> {
  const schema = options.default === undefined ? parse : parse.prefault(options.default);
  return annotate(schema as z.ZodType<T, string | undefined>, accepts, options);
}

function annotate<S extends z.ZodType>(schema: S, accepts: string, options: FieldOptions<string>): S {
  FIELD_META.add(schema, {
    meaning: options.meaning,
    accepts,
    default: options.default,
    isSecret: options.isSecret ?? false,
  });
  return schema;
}
