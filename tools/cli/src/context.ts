import type { Client, RoomEvent } from '@outcry/client';

import type { Output } from './output/output.ts';
import { clock, describePayload, printable } from './output/printable.ts';

/** What every command is given. */
export interface Context {
  readonly client: Client;
  readonly output: Output;
  /** Aborts at Ctrl-C, and when whoever read the output has gone. */
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadableStream;
}

/** Shows what happens in a room. What only a client can do something about is left out. */
export function writeEvent(output: Output, event: RoomEvent): void {
  switch (event.type) {
    case 'message':
      output.write(`${clock(event.at)} ${printable(event.from)}: ${describePayload(event.data)}`, event);
      return;
    case 'member':
      output.tell(`${printable(event.user)} ${event.change}, ${String(event.count)} here`, event);
      return;
    case 'gap':
      output.tell(`${event.missed === undefined ? 'some' : String(event.missed)} messages are missing here`, event);
      return;
    case 'stale':
      output.tell('what is shown may be old', event);
      return;
    case 'fresh':
      output.tell('what is shown is live again', event);
      return;
    default:
  }
}
