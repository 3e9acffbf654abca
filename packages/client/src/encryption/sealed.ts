/** A sealed payload as it stands in a frame. JSON sessions have base64 where msgpack has bytes. */
export interface Sealed {
  /** The version of this format. */
  readonly sealed: 1;
  /** The key's id. */
  readonly key: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: Uint8Array<ArrayBuffer>;
}

/** Undefined where a payload is none of ours. A long box may be in pieces: the wire took strings of 4,096 bytes at most once. */
export function readSealed(payload: unknown): Sealed | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  if (!('sealed' in payload && 'key' in payload && 'iv' in payload && 'box' in payload)) return undefined;
  const iv = toBytes(payload.iv);
  const box = Array.isArray(payload.box) ? join(payload.box) : toBytes(payload.box);
  if (payload.sealed !== 1 || typeof payload.key !== 'string' || iv === undefined || box === undefined)
    return undefined;
  return { sealed: 1, key: payload.key, iv, box };
}

function join(pieces: readonly unknown[]): Uint8Array<ArrayBuffer> | undefined {
  const bytes: number[] = [];
  for (const piece of pieces) {
    const part = toBytes(piece);
    if (part === undefined) return undefined;
    bytes.push(...part);
  }
  return new Uint8Array(bytes);
}

function toBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== 'string') return undefined;
  try {
    return Uint8Array.from(atob(value), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined;
  }
}
