import { styleText } from 'node:util';

import { toJson } from './printable.ts';

/** Where a command writes: lines for people, or one JSON value for each. */
export interface Output {
  readonly isJson: boolean;
  /** Absent where there is nothing to draw on: in a pipe, and where JSON is asked for. */
  readonly screen: Screen | undefined;
  /** The result: `text` for people, `value` with `--json`. */
  write(text: string, value: unknown): void;
  /** What happens between results: an aside for people, with `--json` a line in its place among the others. */
  tell(text: string, value: unknown): void;
  /** States, and how to go on: always aside. */
  note(text: string): void;
}

export type Style = 'red' | 'green' | 'yellow';

/** A terminal that can be drawn on again and again. */
export interface Screen {
  readonly rows: number;
  /** In colour, where the terminal has any and NO_COLOR does not say otherwise. */
  paint(style: Style, text: string): string;
  /** Shows these lines, in place of those before. */
  draw(lines: readonly string[]): void;
}

export interface Streams {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly rows?: number };
  readonly notes: NodeJS.WritableStream;
  /** That nothing can be drawn on, though it is a terminal. */
  readonly isDumb: boolean;
}

const HOME = '\u001b[H';
const CLEAR_SCREEN = '\u001b[2J';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const DEFAULT_ROWS = 24;

/** Writes results to one stream and notes to the other. */
export function createOutput(isJson: boolean, streams: Streams): Output {
  const { out, notes } = streams;
  const note = (text: string): void => {
    notes.write(`${text}\n`);
  };
  return {
    isJson,
    screen: isJson || out.isTTY !== true || streams.isDumb ? undefined : createScreen(out),
    write(text, value) {
      out.write(`${isJson ? toJson(value) : text}\n`);
    },
    tell(text, value) {
      if (isJson) out.write(`${toJson(value)}\n`);
      else note(text);
    },
    note,
  };
}

function createScreen(out: Streams['out']): Screen {
  let isFirst = true;
  return {
    get rows() {
      return out.rows ?? DEFAULT_ROWS;
    },
    paint: (style, text) => styleText(style, text, { stream: out, validateStream: true }),
    draw(lines) {
      // What is drawn over does not flicker, as a screen that is cleared each time does.
      out.write(`${HOME}${isFirst ? CLEAR_SCREEN : ''}${lines.join(`${CLEAR_LINE}\n`)}${CLEAR_LINE}\n${CLEAR_BELOW}`);
      isFirst = false;
    },
  };
}
