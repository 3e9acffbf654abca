import { createInterface } from 'node:readline';

import type { Position } from '@outcry/client';

import { CommandError } from '../command-error.ts';
import { type Context, writeEvent } from '../context.ts';
import { type InputForm, parsePayload } from '../payload.ts';

export interface JoinCommandOptions {
  readonly name: string;
  readonly input: InputForm;
}

/** Shows a room and says each line of the input in it, until the input ends and what was said last has been shown. */
export async function join(context: Context, { name, input }: JoinCommandOptions): Promise<void> {
  const { client, output, signal } = context;
  const shown = new Progress();
  const room = client.join(name, {
    presence: true,
    onEvent: (event) => {
      writeEvent(output, event);
      if (event.type === 'message') shown.reach(event);
      // What is missing will not be shown any more.
      if (event.type === 'gap') shown.reach(event.position);
    },
  });
  await room.joined;
  const lines = createInterface({ input: context.input, signal });
  let last: Position | undefined;
  for await (const line of lines) {
    if (line !== '') last = await say(line);
  }
  if (last !== undefined) await shown.until(last, signal);

  async function say(text: string): Promise<Position | undefined> {
    try {
      return await room.publish(parsePayload(text, input));
    } catch (error) {
      // Whoever types can type again; a pipe is to be told that it is wrong.
      if (!(error instanceof CommandError) || !isTerminal(context.input)) throw error;
      output.note(error.message);
      return last;
    }
  }
}

function isTerminal(stream: NodeJS.ReadableStream & { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

/** How far a room has been shown. */
class Progress {
  #at: Position | undefined;
  #waiting: (() => void) | undefined;

  reach({ epoch, seq }: Position): void {
    this.#at = { epoch, seq };
    this.#waiting?.();
  }

  /** Resolves when a position has been shown, or is of an epoch that is gone. */
  async until(position: Position, signal: AbortSignal): Promise<void> {
    const isShown = (): boolean =>
      this.#at !== undefined && (this.#at.epoch !== position.epoch || this.#at.seq >= position.seq);
    await new Promise<void>((resolve) => {
      this.#waiting = () => {
        if (isShown() || signal.aborted) resolve();
      };
      signal.addEventListener('abort', this.#waiting);
      this.#waiting();
    });
  }
}
