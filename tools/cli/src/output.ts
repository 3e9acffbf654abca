/** Where a command writes: lines for people, or one JSON value for each line. */
export interface Output {
  readonly isJson: boolean;
  /** `text` for people, `value` for pipes. */
  write(text: string, value: unknown): void;
  /** What is not the result: states, and how to go on. People see it, pipes do not. */
  note(text: string): void;
}

/** Writes results to one stream and notes to the other. */
export function createOutput(
  isJson: boolean,
  streams: { readonly out: NodeJS.WritableStream; readonly notes: NodeJS.WritableStream },
): Output {
  return {
    isJson,
    write(text, value) {
      streams.out.write(`${isJson ? JSON.stringify(value) : text}\n`);
    },
    note(text) {
      streams.notes.write(`${text}\n`);
    },
  };
}

const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** What others have said, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, '\u{fffd}');
}

/** A payload for people: text as it is, the `text` of a chat message, else JSON. */
export function describePayload(data: unknown): string {
  if (typeof data === 'string') return printable(data);
  if (typeof data === 'object' && data !== null && 'text' in data && typeof data.text === 'string') {
    return printable(data.text);
  }
  return printable(JSON.stringify(data));
}

/** Local time of day. */
export function clock(unixMs: number): string {
  return new Date(unixMs).toTimeString().slice(0, 8);
}
