import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../../../docs/PROTOCOL.md', import.meta.url);
/** The first tag of the server's frames; the client's are below it. */
const FIRST_SERVER_TAG = 32;

export interface FieldRow {
  readonly name: string;
  readonly kind: string;
  readonly isOptional: boolean;
}

export interface FrameTable {
  readonly type: string;
  readonly tag: number;
  readonly fields: readonly FieldRow[];
}

export interface CloseCodeRow {
  readonly name: string;
  readonly code: number;
  readonly reason: string;
}

/** What docs/PROTOCOL.md lays down in its tables. */
export interface ProtocolDocument {
  readonly requests: readonly FrameTable[];
  readonly serverFrames: readonly FrameTable[];
  readonly closeCodes: readonly CloseCodeRow[];
  readonly errorCodes: readonly { readonly code: string; readonly isRetryable: boolean }[];
}

/**
 * The wire as the document has it: the raw client works from this and from nothing else, so that an error in the schema of
 * `packages/protocol` cannot hide itself.
 */
export const PROTOCOL: ProtocolDocument = parse(readFileSync(DOCUMENT, 'utf8'));

/** The close code of this name in the document's table. */
export function closeCode(name: string): CloseCodeRow {
  const row = PROTOCOL.closeCodes.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`docs/PROTOCOL.md has no close code ${name}`);
  return row;
}

function parse(text: string): ProtocolDocument {
  const frames = [...text.matchAll(/^### `(\w+)` \(tag (\d+)\)\n(.*?)(?=^#)/gms)].map(
    ([, type = '', tag, body = '']) => ({
      type,
      tag: Number(tag),
      fields: rowsOf(body).map(fieldRow),
    }),
  );
  return {
    requests: frames.filter(({ tag }) => tag < FIRST_SERVER_TAG),
    serverFrames: frames.filter(({ tag }) => tag >= FIRST_SERVER_TAG),
    closeCodes: rowsOf(section(text, 'Close codes')).map(([name = '', code, reason = '']) => ({
      name,
      code: Number(code),
      reason,
    })),
    errorCodes: rowsOf(section(text, 'Errors')).map(([code = '', retryable]) => ({
      code,
      isRetryable: retryable === 'yes',
    })),
  };
}

function section(text: string, title: string): string {
  return new RegExp(`^## \\d+\\. ${title}$(.*?)(?=^## )`, 'ms').exec(text)?.[1] ?? '';
}

/** The cells of a section's only table, without its head; code marks are dropped. */
function rowsOf(body: string): readonly (readonly string[])[] {
  const lines = body.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

function fieldRow([name = '', kind = '']: readonly string[]): FieldRow {
  return { name: name.replace('?', ''), kind, isOptional: name.endsWith('?') };
}
