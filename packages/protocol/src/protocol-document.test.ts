import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import {
  CAN_MOVE,
  CLIENT_SCHEMA,
  type ClientFrame,
  CLOSE_CODES,
  createCodecs,
  ERROR_CODES,
  type FrameSchema,
  MAX_PAYLOAD_DEPTH,
  messageFrameToJson,
  SERVER_SCHEMA,
  SUBPROTOCOLS,
} from './index.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');

describe('docs/PROTOCOL.md', () => {
  test.each([
    ['4. Requests (client → server)', CLIENT_SCHEMA],
    ['5. Frames (server → client)', SERVER_SCHEMA],
  ])('has in §%s the frames of the schema, field for field', (heading, schema) => {
    const documented = [...section(heading).matchAll(/^### `(\w+)` \(tag (\d+)\)\n(.*?)(?=^#|$(?![^]))/gms)];
    const tables = documented.map(([, type = '', tag, body = '']) => [
      type,
      { tag: Number(tag), fields: tableOf(body) },
    ]);
    expect(new Set(tables.map(([type]) => type)).size).toBe(tables.length);
    expect(Object.fromEntries(tables)).toEqual(
      Object.fromEntries(
        Object.entries(schema as Readonly<Record<string, FrameSchema>>).map(([type, { tag, fields }]) => [
          type,
          { tag, fields: Object.entries(fields).map(([name, spec]) => rowOf(name, spec)) },
        ]),
      ),
    );
  });

  test('has a row for every kind of field', () => {
    const kinds = new Set(
      [...Object.values(CLIENT_SCHEMA), ...Object.values(SERVER_SCHEMA)].flatMap(({ fields }) =>
        Object.values(fields).map((spec) => spec.replace('?', '')),
      ),
    );
    const documented = rowsOf(section('2. Transport and subprotocol').split('Kinds of fields:')[1] ?? '').map(
      ([kind]) => kind,
    );
    expect(documented.sort()).toEqual([...kinds].sort());
  });

  test('has the close codes of the table', () => {
    const documented = rowsOf(section('8. Close codes')).map(([name, code, reason, retry]) => [
      name,
      { code: Number(code), reason, retry },
    ]);
    expect(documented).toEqual(Object.entries(CLOSE_CODES));
  });

  test('has the error codes of the table', () => {
    const documented = rowsOf(section('9. Errors')).map(([code, retryable]) => ({
      code,
      isRetryable: retryable === 'yes',
    }));
    expect(documented).toEqual(Object.values(ERROR_CODES));
  });

  test('has the limit of a payload', () => {
    const limits = new Map(
      rowsOf(section('7. Limits')).map(([limit = '', value = '']) => [limit, leadingNumber(value)]),
    );
    expect(limits.get('nesting of a payload')).toBe(MAX_PAYLOAD_DEPTH);
  });

  test('shows frames byte by byte that are those of the codecs', () => {
    const { json, msgpack } = createCodecs();
    const examples = bytewiseExamples(section('2. Transport and subprotocol'));
    expect(examples.map(({ arrow }) => arrow)).toEqual(['→', '←']);
    for (const { arrow, text, bytes } of examples) {
      if (arrow === '→') {
        expect(msgpack.decodeClient(bytes)).toEqual(json.decodeClient(Buffer.from(text)));
        expect(msgpack.encodeClient(JSON.parse(text) as ClientFrame<unknown>)).toEqual(bytes);
      } else {
        expect(msgpack.decodeServer(bytes)).toEqual(json.decodeServer(text));
        expect(messageFrameToJson(bytes)).toBe(text);
      }
    }
  });

  test.each([...Object.values(SUBPROTOCOLS), CAN_MOVE])('has the subprotocol %s', (name) => {
    expect(section('2. Transport and subprotocol')).toContain(`| \`${name}\``);
  });
});

/** Frames in JSON, each with its bytes in lines of hexadecimal digits below; behind two spaces stands what they are. */
function bytewiseExamples(text: string): { arrow: string; text: string; bytes: Uint8Array }[] {
  const block = text.split('byte by byte:')[1]?.split('```')[1] ?? '';
  return [...block.matchAll(/^([→←]) (.+)\n\n((?:.+\n)+)/gm)].map(([, arrow = '', json = '', lines = '']) => ({
    arrow,
    text: json,
    bytes: new Uint8Array(
      lines
        .split('\n')
        .map((line) => line.trim().split('  ')[0] ?? '')
        .flatMap((hex) => [...Buffer.from(hex.replaceAll(' ', ''), 'hex')]),
    ),
  }));
}

/** The text under a heading of the second level, up to the next one. */
function section(heading: string): string {
  const [, ...parts] = DOCUMENT.split(/^## /m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`no section "${heading}"`);
  return found;
}

function tableOf(body: string): string[] {
  return rowsOf(body).map(([name = '', kind = '']) => `${name}: ${kind}`);
}

/** `room?: 'room?'` of the schema as the document writes it. */
function rowOf(name: string, spec: string): string {
  return spec.endsWith('?') ? `${name}?: ${spec.slice(0, -1)}` : `${name}: ${spec}`;
}

/** The cells of the rows under a table's head, without code marks. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

function leadingNumber(text: string): number {
  return Number(/^[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
}
