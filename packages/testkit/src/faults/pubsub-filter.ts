const CR_LF = '\r\n';

/**
 * Cuts messages of channels out of what a Redis says, and lets everything else pass, answers to pings too: a connection in
 * good health on which nothing is published any more. The first piece must begin with a reply.
 */
export function createPubSubFilter(): (piece: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    const bytes = Buffer.concat([rest, piece]);
    const passing: Buffer[] = [];
    let at = 0;
    for (let end = endOfReply(bytes, at); end !== undefined; end = endOfReply(bytes, at)) {
      const reply = bytes.subarray(at, end);
      if (!isMessage(reply)) passing.push(reply);
      at = end;
    }
    rest = bytes.subarray(at);
    return Buffer.concat(passing);
  };
}

/** `>` begins it in RESP3, `*` in RESP2; of a Redis Cluster it is a `smessage`. */
function isMessage(reply: Buffer): boolean {
  return /^[>*]3\r\n(?:\$7\r\nmessage|\$8\r\nsmessage)\r\n/.test(reply.subarray(0, 32).toString('latin1'));
}

/** Where the reply that begins at `start` ends; undefined where that has not come yet. */
function endOfReply(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf(CR_LF, start);
  if (lineEnd < 0) return undefined;
  const behindLine = lineEnd + CR_LF.length;
  const size = Number(bytes.toString('latin1', start + 1, lineEnd));
  switch (bytes.toString('latin1', start, start + 1)) {
    case '$':
    case '=':
    case '!': {
      const end = size < 0 ? behindLine : behindLine + size + CR_LF.length;
      return end <= bytes.length ? end : undefined;
    }
    case '*':
    case '>':
    case '~':
      return endOfReplies(bytes, behindLine, size);
    case '%':
    case '|':
      return endOfReplies(bytes, behindLine, 2 * size);
    default:
      return behindLine;
  }
}

function endOfReplies(bytes: Buffer, start: number, count: number): number | undefined {
  let end: number | undefined = start;
  for (let i = 0; i < count && end !== undefined; i++) end = endOfReply(bytes, end);
  return end;
}
