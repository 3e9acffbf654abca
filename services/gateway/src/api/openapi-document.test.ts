import { describe, expect, it } from 'vitest';

import { API_COMMANDS } from './api-commands.ts';
import { API_ERRORS } from './api-error.ts';
import { createOpenApiDocument } from './openapi-document.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: unknown } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = createOpenApiDocument() as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

describe('the OpenAPI document', () => {
  it('has each command, the batch, and nothing else', () => {
    const names = [...Object.keys(API_COMMANDS), 'batch'];
    expect(Object.keys(document.paths)).toEqual(names.map((name) => `/api/${name}`));
    for (const [path, operations] of Object.entries(document.paths)) {
      expect(Object.keys(operations)).toEqual(['post']);
      expect(`/api/${String(operations['post']?.operationId)}`).toBe(path);
    }
  });

  it('has every status that a refusal can have, on every path', () => {
    const statuses = [200, ...Object.values(API_ERRORS).map(({ status }) => status)].map(String);
    for (const { post } of Object.values(document.paths)) {
      expect(Object.keys(post?.responses ?? {}).sort()).toEqual([...new Set(statuses)].sort());
    }
  });

  it('says what the schemas check beyond types', () => {
    const bodyOf = (name: string): unknown => {
      const { post } = document.paths[`/api/${name}`] ?? {};
      return post?.requestBody.content['application/json'].schema;
    };
    expect(bodyOf('disconnect')).toMatchObject({ oneOf: [{ required: ['user'] }, { required: ['connection'] }] });
    expect(bodyOf('revoke')).toMatchObject({ oneOf: [{ required: ['user'] }, { required: ['token'] }] });
    expect(bodyOf('history')).toMatchObject({ not: { required: ['before', 'after'] } });
    expect(bodyOf('publish')).toMatchObject({ required: ['room', 'data'], additionalProperties: false });
  });

  it('has the header that says of which trace messages are, on the paths that publish some', () => {
    const traced = Object.values(document.paths).filter(({ post }) => post?.parameters !== undefined);
    expect(traced.map(({ post }) => post?.operationId)).toEqual(['publish', 'broadcast', 'announce', 'batch']);
    const header = { name: 'traceparent', in: 'header', required: false };
    for (const { post } of traced) expect(post?.parameters).toEqual([expect.objectContaining(header)]);
  });

  it('stands by itself: every reference leads to something in it', () => {
    const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g) ?? [];
    const own = ['Error', 'Json', 'JsonValue'].map((name) => `"$ref":"#/components/schemas/${name}"`);
    expect(new Set(references)).toEqual(new Set(own));
  });
});
