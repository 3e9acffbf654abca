import { readFileSync } from 'node:fs';

import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { createAsyncApiDocument } from './asyncapi-document.ts';

const TEXT = readFileSync(new URL('../../../../docs/asyncapi.yaml', import.meta.url), 'utf8');
const DOCUMENT: unknown = parse(TEXT);

interface Vector {
  readonly name: string;
  readonly json: string;
}
const vectors = (of: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../../vectors/${of}.json`, import.meta.url), 'utf8')) as Vector[];

/** A document whose parts refer to each other, and what checks a frame against one of them. */
function checks(): (schema: string, frame: unknown) => string {
  const ajv = new Ajv({ strict: false });
  ajv.addSchema(DOCUMENT as object, 'asyncapi');
  return (schema, frame) => {
    const check = ajv.getSchema(`asyncapi#/components/schemas/${schema}`);
    if (check === undefined) return `expected a schema ${schema}`;
    return check(frame) === true ? 'valid' : ajv.errorsText(check.errors);
  };
}

describe('docs/asyncapi.yaml', () => {
  it('is as the schema table says (npm run docs)', () => {
    expect(DOCUMENT).toEqual(JSON.parse(JSON.stringify(createAsyncApiDocument())));
  });

  it('is an AsyncAPI 3.0 document, by its schema', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
    const check = ajv.compile(asyncApiSchema as object);
    expect([check(DOCUMENT), ajv.errorsText(check.errors)]).toEqual([true, 'No errors']);
    expect(check({ ...(DOCUMENT as object), channels: [] })).toBe(false);
  });

  it('refers to nothing that is not there', () => {
    const referred = [...TEXT.matchAll(/\$ref: "?#\/([^"\n]+)"?/g)].map(([, path = '']) => path);
    expect(referred.length).toBeGreaterThan(100);
    const missing = referred.filter(
      (path) =>
        path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], DOCUMENT) ===
        undefined,
    );
    expect(missing).toEqual([]);
  });

  it('takes every golden vector for what it is, and for nothing else', () => {
    const check = checks();
    for (const [of, suffix] of [
      ['client', 'Request'],
      ['server', ''],
    ] as const) {
      for (const { name, json } of vectors(of)) {
        const frame = JSON.parse(json) as { readonly type: string };
        expect([name, check(`${frame.type}${suffix}`, frame)]).toEqual([name, 'valid']);
        expect(check(frame.type === 'ping' ? 'joinRequest' : 'pingRequest', frame)).not.toBe('valid');
      }
    }
  });

  it.each([
    ['joinRequest', { type: 'join' }],
    ['joinRequest', { type: 'join', room: 7 }],
    ['publishRequest', { type: 'publish', room: 'lobby' }],
    ['message', { type: 'message', room: 'lobby', from: 'ann', at: -1, data: null, seq: 1 }],
    ['delta', { type: 'delta' }],
  ])('refuses as %s what is none: %j', (schema, frame) => {
    expect(checks()(schema, frame)).not.toBe('valid');
  });
});
