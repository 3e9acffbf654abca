import type { RoomMessage } from '@outcry/broker';
import { payloadToJson, readMessageFrame } from '@outcry/protocol';

import type { ArchivedMessage } from '../store/archive-store.ts';

/** What `jsonb` refuses of JSON: U+0000, and half a surrogate pair. Behind an even number of backslashes, one more begins an escape. */
const REFUSED = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][\da-f]{2})/g;
/** In its place: the one character that `jsonb` does not take hides no other one from whoever searches. */
const REPLACED = '$1\\ufffd';

/** A message as it is kept. */
export function toArchived({ room, position, frame, info, at }: RoomMessage): ArchivedMessage {
  const read = readMessageFrame(frame);
  const payload = read === undefined ? null : jsonOf(read.data);
  const known = info === undefined ? { info: null, infoBytes: null } : { info: jsonOf(info), infoBytes: info };
  return { room, ...position, sentAt: at, sender: read?.from ?? '', payload, frame, ...known };
}

/** Null where there is none that `jsonb` takes: one message that nobody can read must not keep back all behind it. */
function jsonOf(data: Uint8Array): string | null {
  try {
    return payloadToJson(data).replaceAll(REFUSED, REPLACED);
  } catch {
    return null;
  }
}
