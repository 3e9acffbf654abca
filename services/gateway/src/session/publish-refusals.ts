import {
  type Codec,
  type Encoding,
  encodePayload,
  type RequestId,
  RequestError,
  type WireFrame,
} from '@outcry/protocol';

import { refusalFrame } from './answers.ts';

/** Within which who was refused should come back, each at another time of it. */
const RETRY_FROM_MS = 500;
const RETRY_TO_MS = 1500;
const RETRY_STEPS = 20;

/** A refusal in an encoding, open at its `id`. */
interface Template {
  readonly withoutId: WireFrame;
  fill(id: RequestId): WireFrame;
}

/**
 * What publishes are answered with that could not be answered in time, made at the start but for their `id`s: what is refused has to
 * cost next to nothing, or the refusals take the time of those that are not.
 */
export class PublishRefusals {
  readonly #templates: Readonly<Record<Encoding, readonly Template[]>>;

  constructor({ json, msgpack }: Readonly<Record<Encoding, Codec>>) {
    const steps = Array.from({ length: RETRY_STEPS }, (_, step) => refusalOf(step));
    this.#templates = {
      json: steps.map((err) => textTemplate(json, err)),
      msgpack: steps.map((err) => binaryTemplate(msgpack, err)),
    };
  }

  /** One of them, in memory of its own. */
  encode(encoding: Encoding, id: RequestId | undefined): WireFrame {
    const template = this.#templates[encoding][Math.floor(Math.random() * RETRY_STEPS)] as Template;
    return id === undefined ? template.withoutId : template.fill(id);
  }
}

/** What is refused behind the door, once it has been looked at. */
export function createRefusal(): RequestError {
  return refusalOf(Math.floor(Math.random() * RETRY_STEPS));
}

function refusalOf(step: number): RequestError {
  const retryInMs = RETRY_FROM_MS + ((RETRY_TO_MS - RETRY_FROM_MS) / RETRY_STEPS) * step;
  return new RequestError('unavailable', 'too many publishes wait for their answers; try again later', { retryInMs });
}

function textTemplate(codec: Codec, err: RequestError): Template {
  const encode = (id?: RequestId): string => codec.encodeServer(refusalFrame(err, { id })) as string;
  const at = placeOfId(encode(0), encode(1));
  const [head, tail] = [encode(0).slice(0, at), encode(0).slice(at + 1)];
  return {
    withoutId: encode(),
    fill: (id) => head + (typeof id === 'number' ? String(id) : JSON.stringify(id)) + tail,
  };
}

function binaryTemplate(codec: Codec, err: RequestError): Template {
  const encode = (id?: RequestId): Uint8Array => (codec.encodeServer(refusalFrame(err, { id })) as Uint8Array).slice();
  const at = placeOfId(encode(0), encode(1));
  const [head, tail] = [encode(0).subarray(0, at), encode(0).subarray(at + 1)];
  return {
    withoutId: encode(),
    fill: (id) => {
      const idBytes = encodePayload(id);
      const frame = new Uint8Array(head.length + idBytes.length + tail.length);
      frame.set(head);
      frame.set(idBytes, head.length);
      frame.set(tail, head.length + idBytes.length);
      return frame;
    },
  };
}

/** Where two frames differ, and nowhere else: ids of one digit, or of one byte. */
function placeOfId(zero: ArrayLike<unknown>, one: ArrayLike<unknown>): number {
  return Array.from(zero).findIndex((unit, i) => unit !== one[i]);
}
