import type { RoomMessage } from '@outcry/broker';

import type { Backlog } from '../fanout/backlog.ts';
import type { RoomMember } from '../rooms/room-member.ts';
import type { ClientSocket } from '../transport/client-socket.ts';

/** Whom the past is sent to. */
export interface Reader {
  readonly socket: ClientSocket;
  readonly backlog: Backlog;
  sendMessage(message: RoomMessage): void;
}

/** Bytes of messages that one client is sent at once; what it has not read of them counts against no limit. */
const MAX_PART_BYTES = 64 * 1024;

/**
 * Sends a member what it missed, a part and then as many more as the client has room for: all of it may be many times what a
 * client may leave unread.
 *
 * @returns how many of the messages were sent; they are not looked at again
 */
export function sendReplay(reader: Reader, member: RoomMember, messages: readonly RoomMessage[]): number {
  let sent = 0;
  while (sent < messages.length && (sent === 0 || reader.backlog.hasRoom)) {
    const end = endOfPart(messages, sent);
    reader.backlog.allow(() => {
      reader.socket.cork(() => {
        for (const message of messages.slice(sent, end)) {
          if (member.wantsEcho || message.origin !== member.connection) reader.sendMessage(message);
        }
      });
    });
    sent = end;
  }
  return sent;
}

/** At least one message is in a part. */
function endOfPart(messages: readonly RoomMessage[], start: number): number {
  let bytes = 0;
  let end = start;
  for (const { frame } of messages.slice(start)) {
    bytes += frame.length;
    if (bytes > MAX_PART_BYTES && end > start) break;
    end += 1;
  }
  return end;
}
