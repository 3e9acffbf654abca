import {
  type BookSide,
  CLIENT_SCHEMA,
  type ClientFrame,
  encodeMessageHead,
  encodePayload,
  appendInfo,
  appendSeq,
  appendTraceparent,
  type FieldKind,
  type FrameSchema,
  parseFieldSpec,
  SERVER_SCHEMA,
  type ServerFrame,
  SourceKind,
} from '../index.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What a name may be made of: scripts, and all that means something to JSON, Redis, HTML or a shell. */
const NAME_TEXT = 'abcXYZ019._:/|@#%{}[]()<>"\'`\\?!$&=,;~^+-éж部😀';
const ANY_TEXT = 'aZ0"\\/\n\u0000é€😀';
const EDGES = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
const OPTIONAL_ABSENT_ONE_IN = 3;
/** Sides of one frame share their scales, as those of one book do. */
const SCALES = { priceScale: 2, sizeScale: 5 };

type ListKind = 'levels' | 'members' | 'messages' | 'instruments' | 'symbols' | 'results';
type Values = Record<string, unknown>;

/** A valid request with random fields; payloads are plain values. */
export function randomClientFrame(type: keyof typeof CLIENT_SCHEMA, random: SeededRandom): ClientFrame<unknown> {
  const value = (kind: FieldKind): unknown => randomValue(kind, random);
  return fill(type, { schema: CLIENT_SCHEMA[type], value, random }) as unknown as ClientFrame<unknown>;
}

/** A valid frame of the server with random fields; payloads are msgpack, book sides scaled integers. */
export function randomServerFrame(type: keyof typeof SERVER_SCHEMA, random: SeededRandom): ServerFrame {
  const value = (kind: FieldKind): unknown =>
    kind === 'payload' ? encodePayload(randomPayload(random)) : randomValue(kind, random);
  return fill(type, { schema: SERVER_SCHEMA[type], value, random }) as unknown as ServerFrame;
}

interface FillOptions {
  readonly schema: FrameSchema;
  readonly value: (kind: FieldKind) => unknown;
  readonly random: SeededRandom;
}

function fill(type: string, { schema, value, random }: FillOptions): Values {
  const frame: Values = { type };
  for (const [name, spec] of Object.entries(schema.fields)) {
    const { kind, isOptional } = parseFieldSpec(spec);
    const isAbsent = isOptional && random.chance(OPTIONAL_ABSENT_ONE_IN);
    // nil is how msgpack leaves an optional field out, so an optional payload of null is no different from none.
    const filled = isAbsent ? undefined : (value(kind) ?? (isOptional ? undefined : null));
    if (filled !== undefined) frame[name] = filled;
  }
  return frame;
}

/** A JSON-like value within the decode limits. */
export function randomPayload(random: SeededRandom, depth = 0): unknown {
  switch (random.below(depth < 4 ? 8 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(2);
    case 2:
      return random.pick(EDGES) * (random.chance(2) ? 1 : -1) || 0;
    case 3:
      return (random.below(2 ** 32) - 2 ** 31) / 1024;
    case 4:
      return random.text(ANY_TEXT, random.below(300));
    case 5:
      return random.text(ANY_TEXT, random.below(8));
    case 6:
      return Array.from({ length: random.below(20) }, () => randomPayload(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(20) }, (_, index) => [
          `${random.text(ANY_TEXT, 3)}${String(index)}`,
          randomPayload(random, depth + 1),
        ]),
      );
  }
}

function randomValue(kind: FieldKind, random: SeededRandom): unknown {
  const uint = (): number => (random.chance(2) ? random.pick(EDGES) : random.below(2 ** 32));
  switch (kind) {
    case 'id':
      return random.chance(2) ? uint() : random.text(ANY_TEXT, random.below(16));
    case 'room':
      return random.pick(['@all', `@${randomName(random)}`, randomName(random).replace(/^@+/, 'a')]);
    case 'user':
      return randomName(random);
    case 'name':
      return `n${random.text('aZ0._-', random.below(32))}`;
    case 'symbol':
      return `${random.pick(['S', 'k', '@', '币'])}${random.text('AZaz09._:/@#&+-', random.below(122))}`;
    case 'token':
    case 'key':
    case 'trace':
      return random.text('!~aZ09', 1 + random.below(64));
    case 'text':
      return random.text(ANY_TEXT, random.below(300));
    case 'uint':
    case 'seq':
      return uint();
    case 'bool':
      return random.chance(2);
    case 'change':
      return random.pick(['joined', 'left']);
    case 'source':
      return random.pick(Object.values(SourceKind));
    case 'position':
      return { epoch: random.text(ANY_TEXT, random.below(16)), seq: uint() };
    case 'payload':
      return randomPayload(random);
    case 'info':
      return randomInfo(random);
    default:
      return randomList(kind, random);
  }
}

function withMore(random: SeededRandom, frame: Uint8Array): Uint8Array {
  const informed = random.chance(2) ? appendInfo(frame, randomInfo(random)) : frame;
  return random.chance(2) ? appendTraceparent(informed, random.text('!~aZ09', 1 + random.below(64))) : informed;
}

function randomInfo(random: SeededRandom): Uint8Array {
  return encodePayload({ name: random.text(ANY_TEXT, 12) });
}

function randomName(random: SeededRandom): string {
  return random.text(NAME_TEXT, 1 + random.below(32));
}

function randomList(kind: ListKind, random: SeededRandom): unknown {
  const list = <T>(make: () => T): T[] => Array.from({ length: random.below(20) }, make);
  switch (kind) {
    case 'levels':
      return {
        levels: list(() => [random.below(2 ** 32) - 1000, random.below(2 ** 32)] as const),
        ...SCALES,
      } satisfies BookSide;
    case 'symbols':
      return [random.text(ANY_TEXT, random.below(8)), ...list(() => randomValue('symbol', random))];
    case 'results':
      return list(() => ({
        symbol: random.text(ANY_TEXT, random.below(8)),
        ...(random.chance(2)
          ? { error: { code: 'unknownSymbol', message: random.text(ANY_TEXT, 40), retryable: random.chance(2) } }
          : {}),
      }));
    case 'members':
      return list(() => ({
        user: randomValue('user', random),
        connections: randomValue('uint', random),
        ...(random.chance(2) ? { info: randomInfo(random) } : {}),
      }));
    case 'messages':
      return list(() =>
        withMore(
          random,
          appendSeq(
            encodeMessageHead({
              room: randomName(random),
              from: randomName(random),
              at: 1,
              data: encodePayload(randomPayload(random)),
            }),
            random.pick(EDGES),
          ),
        ),
      );
    case 'instruments':
      return list(() => ({
        symbol: randomValue('symbol', random),
        priceScale: random.below(10),
        sizeScale: random.below(10),
        depths: list(() => random.below(101)),
        intervals: list(() => random.below(2001)),
        ...(random.chance(2) ? { kind: randomValue('source', random) } : {}),
      }));
  }
}
