import { stringifyPayload } from '@outcry/protocol';

import type { PayloadCipher, SealContext } from '../payloads/payload-pipe.ts';
import { check, type Rule, takeOptions } from '../primitives/check.ts';
import { OutcryError } from '../primitives/errors.ts';
import { isRoomKey, type RoomKey, type WebCryptoKey } from './room-key.ts';
import { readSealed, type Sealed } from './sealed.ts';

/** The keys of a room. */
export interface EncryptionOptions {
  /** Seals what is sent, and opens what it has sealed. */
  readonly current: RoomKey;
  /** Open only: the keys of older messages, or of others who have rotated already. */
  readonly others?: readonly RoomKey[] | undefined;
}

const KEY: Rule = [isRoomKey, 'a key: of keyFromBytes or keyFromPassphrase'];

/** The length that AES-GCM is made for. Random ones may be used 2^32 times under a key. */
const IV_BYTES = 12;
const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder();

/**
 * Seals payloads with AES-GCM. The gateway, Redis and everybody without the key see ciphertext, the key's id, and as before
 * who said something when and where. The room's name and the sender's are bound to it: what was said by one user in one room
 * cannot be passed off as another's, or as said elsewhere.
 */
export function encryptWith(options: EncryptionOptions): PayloadCipher {
  const { current, others = [] } = takeOptions(options, { current: KEY, others: [Array.isArray, 'a list of keys'] });
  for (const key of [current, ...others]) check('key', key, KEY);
  const keys = new Map([...others, current].map(({ id, key }) => [id, key]));
  return {
    seal: (data, context) => seal(data, context, current),
    open: async (payload, context) => {
      const sealed = readSealed(payload);
      if (sealed === undefined) throw new OutcryError('undecryptable', 'the payload is not sealed');
      const key = keys.get(sealed.key);
      if (key === undefined) throw new OutcryError('undecryptable', `there is no key ${sealed.key}`);
      return open(sealed, context, key);
    },
  };
}

async function seal(data: unknown, context: SealContext, { id, key }: RoomKey): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const text = utf8.encode(stringifyPayload(data));
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: boundTo(context, id) }, key, text);
  return { sealed: 1, key: id, iv, box: new Uint8Array(box) };
}

async function open({ iv, box, key: id }: Sealed, context: SealContext, key: WebCryptoKey): Promise<unknown> {
  try {
    const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: boundTo(context, id) }, key, box);
    return JSON.parse(utf8Decoder.decode(text));
  } catch (cause) {
    const message = `not sealed with key ${id} by ${context.from} for ${context.room}`;
    throw new OutcryError('undecryptable', message, { cause });
  }
}

/** None of the three has a line break, so no two contexts read the same. */
function boundTo({ room, from }: SealContext, keyId: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(`outcry sealed 1\n${room}\n${from}\n${keyId}`);
}
