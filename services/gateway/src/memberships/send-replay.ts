import type { RoomMessage } from '@outcry/broker';

import type { Backlog } from '../connections/backlog.ts';
import { MAX_PART_BYTES } from '../rooms/past.ts';
import type { RoomMember } from '../rooms/room-member.ts';
import type { ClientSocket } from '../transport/client-socket.ts';

/** Whom the past is sent to. */
export interface Reader {
  readonly socket: ClientSocket;
  readonly backlog: Backlog;
  sendMessage(message: RoomMessage, withInfo: boolean): void;
}

/**
 * Sends a member what it missed, a part at a time, while the client has room: all of it may be many times what a client may
 * leave unread, and it may join many rooms at once. The first part goes in any case: it was read because there was room for
 * it, and would have to be read again.
 *
 * @returns how many of the messages are behind it
 */
export function sendReplay(reader: Reader, member: RoomMember, messages: readonly RoomMessage[]): number {
  let sent = 0;
  const { wantsEcho, wantsInfo = false } = member;
  while (sent < messages.length && (sent === 0 || reader.backlog.hasRoom)) {
    const part = messages.slice(sent, endOfPart(messages, sent, wantsInfo));
    reader.backlog.allow(() => {
      reader.socket.cork(() => {
        for (const message of part) {
          if (wantsEcho || message.origin !== member.connection) reader.sendMessage(message, wantsInfo);
        }
      });
    });
    sent += part.length;
  }
  return sent;
}

/** At least one message is in a part. */
function endOfPart(messages: readonly RoomMessage[], start: number, withInfo: boolean): number {
  let bytes = 0;
  const bytesOf = ({ frame, info }: RoomMessage): number => frame.length + (withInfo ? (info?.length ?? 0) : 0);
  const end = messages.findIndex((message, i) => i >= start && (bytes += bytesOf(message)) > MAX_PART_BYTES);
  return end < 0 ? messages.length : Math.max(end, start + 1);
}
