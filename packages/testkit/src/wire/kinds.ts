import { type FieldRow, PROTOCOL } from './protocol-document.ts';

export type WireEncoding = 'json' | 'msgpack';

/** Turns a field's value on the wire into its meaning, or throws where it is not of its kind. */
type Reader = (value: unknown, encoding: WireEncoding) => unknown;

const MAX_ID_BYTES = 64;
/** Neither controls, halves of pairs, ends of lines and stars, nor what cannot be seen, nor white space at an end. */
const USER =
  /^(?!\s)(?:(?![\p{Cc}\p{Cs}\p{Zl}\p{Zp}*])(?:[\p{Join_Control}\p{Variation_Selector}]|\P{Default_Ignorable_Code_Point}))+(?<!\s)$/u;
const NAME = /^[a-z][a-zA-Z0-9._-]{0,31}$/;
const SYMBOL = /^[\p{L}\p{N}@#][\p{L}\p{M}\p{N}._:/@#&+-]*$/u;
const MAX_NAME_BYTES = 128;
/** What gateways write: version 00, sampled. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** The kinds of docs/PROTOCOL.md §2 that a server's frames have. */
const READERS: Readonly<Record<string, Reader>> = {
  id: (value) =>
    typeof value === 'string' ? requireThat(Buffer.byteLength(value) <= MAX_ID_BYTES, value) : uint(value),
  room: readRoom,
  user: named(USER),
  name: matching(NAME),
  trace: matching(TRACEPARENT),
  symbol: named(SYMBOL),
  text: (value) => requireThat(typeof value === 'string', value),
  uint,
  // 64-bit numbers are decoded as bigint, so one that took less than nine bytes is not one here.
  seq: (value, encoding) => uint(requireThat(encoding === 'json' || typeof value === 'bigint', value)),
  bool: (value) => requireThat(typeof value === 'boolean', value),
  payload: (value) => value,
  info: (value) => requireThat(typeof value === 'object' && value !== null && !Array.isArray(value), value),
  levels: (value, encoding) => list(value).map((level) => readLevel(level, encoding)),
  change: oneOf('joined', 'left'),
  source: oneOf('simulated', 'replay', 'live'),
  members: (value, encoding) =>
    list(value).map((entry) =>
      readStruct(entry, { encoding, fields: { user: 'user', connections: 'uint' }, last: { info: 'info' } }),
    ),
  messages: (value, encoding) => list(value).map((message) => readFrame(message, encoding)),
  results: (value, encoding) =>
    list(value).map((entry) => readStruct(entry, { encoding, fields: { symbol: 'text', error: 'failure' } })),
  failure: readFailure,
  instruments: (value, encoding) => list(value).map((entry) => readInstrument(entry, encoding)),
};

/** Reads a server's frame, decoded from JSON or msgpack, by the tables of the document. Throws where it breaks them. */
export function readFrame(value: unknown, encoding: WireEncoding): Record<string, unknown> {
  if (encoding === 'json') return readObject(value);
  const [tag, ...elements] = list(value);
  const layout = PROTOCOL.serverFrames.find((frame) => frame.tag === tag);
  if (layout === undefined) throw new Error(`no frame has the tag ${String(tag)}`);
  if (elements.length > layout.fields.length) throw new Error(`${layout.type} has too many elements`);
  const frame: Record<string, unknown> = { type: layout.type };
  layout.fields.forEach((field, index) => {
    const element = elements[index];
    // nil is how an optional field is absent, and a payload like any other where the field is not optional.
    const isAbsent = element === undefined || (element === null && (field.isOptional || field.kind !== 'payload'));
    readField(frame, { type: layout.type, field, encoding, value: isAbsent ? undefined : element });
  });
  return frame;
}

function readObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('a frame must be an object');
  const { type, ...values } = value as Record<string, unknown>;
  const layout = PROTOCOL.serverFrames.find((frame) => frame.type === type);
  if (layout === undefined) throw new Error(`no frame has the type ${String(type)}`);
  const unknown = Object.keys(values).find((name) => !layout.fields.some((field) => field.name === name));
  if (unknown !== undefined) throw new Error(`${layout.type} has no field ${unknown}`);
  const frame: Record<string, unknown> = { type };
  for (const field of layout.fields) {
    readField(frame, { type: layout.type, field, encoding: 'json', value: values[field.name] });
  }
  return frame;
}

interface FieldInput {
  readonly type: string;
  readonly field: FieldRow;
  readonly encoding: WireEncoding;
  readonly value: unknown;
}

function readField(frame: Record<string, unknown>, { type, field, encoding, value }: FieldInput): void {
  if (value === undefined) {
    if (!field.isOptional) throw new Error(`${type} lacks ${field.name}`);
    return;
  }
  const read = READERS[field.kind];
  if (read === undefined) throw new Error(`${type}.${field.name} has the unknown kind ${field.kind}`);
  try {
    frame[field.name] = read(value, encoding);
  } catch (cause) {
    throw new Error(`${type}.${field.name} is no ${field.kind}: ${(cause as Error).message}`, { cause });
  }
}

function requireThat(condition: boolean, value: unknown): unknown {
  if (!condition) throw new Error(typeof value === 'string' ? JSON.stringify(value) : String(value));
  return value;
}

function matching(pattern: RegExp): Reader {
  return (value) => requireThat(typeof value === 'string' && pattern.test(value), value);
}

function oneOf(...choices: readonly string[]): Reader {
  return (value) => requireThat(choices.includes(value as string), value);
}

/** A name by its pattern, within its length, and in NFC. */
function named(pattern: RegExp): Reader {
  const matches = matching(pattern);
  return (value, encoding) => {
    const name = matches(value, encoding) as string;
    return requireThat(Buffer.byteLength(name) <= MAX_NAME_BYTES && name.normalize('NFC') === name, name);
  };
}

/** An inbox is named after its user, with an @ in front. */
function readRoom(value: unknown, encoding: WireEncoding): unknown {
  requireThat(typeof value === 'string', value);
  const room = value as string;
  named(USER)(room.startsWith('@') ? room.slice(1) : room, encoding);
  return room;
}

function uint(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  requireThat(typeof number === 'number' && Number.isSafeInteger(number) && number >= 0, value);
  return number as number;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('not an array');
  return value;
}

function readLevel(value: unknown, encoding: WireEncoding): readonly unknown[] {
  const level = list(value);
  requireThat(level.length === 2, `${String(level.length)} elements`);
  if (encoding === 'msgpack') return level.map(integer);
  return level.map((part) => requireThat(typeof part === 'string' && DECIMAL.test(part), part));
}

function integer(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  requireThat(Number.isSafeInteger(number), value);
  return number as number;
}

function readInstrument(value: unknown, encoding: WireEncoding): unknown {
  const fields = { symbol: 'symbol', priceScale: 'uint', sizeScale: 'uint', depths: 'uints', intervals: 'uints' };
  return readStruct(value, { encoding, fields, last: { kind: 'source' } });
}

/** `error` is absent in JSON, and nil in msgpack, where the request succeeded for the symbol. */
function readFailure(value: unknown, encoding: WireEncoding): unknown {
  if (value === (encoding === 'json' ? undefined : null)) return undefined;
  return readStruct(value, { encoding, fields: { code: 'text', message: 'text', retryable: 'bool' } });
}

interface StructLayout {
  readonly encoding: WireEncoding;
  /** Kinds by name. */
  readonly fields: Readonly<Record<string, string>>;
  /** What may be left off the end. */
  readonly last?: Readonly<Record<string, string>>;
}

/** An object in JSON, an array in this order in msgpack. */
function readStruct(value: unknown, { encoding, fields, last = {} }: StructLayout): Record<string, unknown> {
  const isWhole = encoding === 'msgpack' ? list(value).length > Object.keys(fields).length : hasAny(value, last);
  const kinds: Readonly<Record<string, string>> = isWhole ? { ...fields, ...last } : fields;
  const names = Object.keys(kinds);
  const parts = encoding === 'msgpack' ? list(value) : names.map((name) => (value as Record<string, unknown>)[name]);
  requireThat(parts.length === names.length, `${String(parts.length)} elements`);
  return Object.fromEntries(
    names.map((name, index) => {
      const kind = kinds[name] ?? '';
      const part = parts[index];
      return [name, kind === 'uints' ? list(part).map(uint) : READERS[kind]?.(part, encoding)];
    }),
  );
}

function hasAny(value: unknown, fields: Readonly<Record<string, string>>): boolean {
  return Object.keys(fields).some((name) => Object.hasOwn(value as object, name));
}
