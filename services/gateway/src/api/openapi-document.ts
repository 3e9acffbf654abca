import { z } from 'zod';

import { API_COMMANDS } from './api-commands.ts';
import { API_ERRORS } from './api-error.ts';
import { batchBody } from './run-batch.ts';

const JSON_TYPE = 'application/json';

/** The OpenAPI 3.1 document of the server API, out of the schemas that check its requests. */
export function createOpenApiDocument(): object {
  const paths = Object.entries(API_COMMANDS).map(([name, { summary, params, result, isTraced }]) => [
    `/api/${name}`,
    operation({ name, summary, isTraced, body: toJsonSchema(params, 'input'), answer: toJsonSchema(result, 'output') }),
  ]);
  const batch = operation({
    name: 'batch',
    summary: 'Runs several commands, one behind the other. Each has a result or an error of its own.',
    isTraced: true,
    body: toJsonSchema(batchBody, 'input'),
    answer: BATCH_ANSWER,
  });
  return {
    openapi: '3.1.0',
    info: { title: 'outcry server API', version: '1', license: { name: 'Apache-2.0' } },
    servers: [
      {
        url: 'http://{host}:{port}',
        description: 'The internal port of any gateway (OUTCRY_INTERNAL_HOST, OUTCRY_INTERNAL_PORT).',
        variables: { host: { default: '127.0.0.1' }, port: { default: '8081' } },
      },
    ],
    security: [{ apiKey: [] }],
    paths: Object.fromEntries([...paths, ['/api/batch', batch]]) as object,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'A key of OUTCRY_API_KEYS.' } },
      schemas: { Error: ERROR_SCHEMA, Json: JSON_SCHEMA, JsonValue: JSON_VALUE_SCHEMA },
    },
  };
}

const ERROR_REF = { $ref: '#/components/schemas/Error' };

const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'retryable'],
      properties: {
        code: { enum: Object.keys(API_ERRORS) },
        message: { type: 'string' },
        retryable: { type: 'boolean' },
        path: { type: 'string', description: 'The place in the body.' },
      },
    },
  },
};

/** What every body consists of: of other integers, `JSON.parse` makes different ones. */
const JSON_SCHEMA = describeJson({
  name: 'Json',
  description:
    'Any JSON, with integers within ±(2^53-1). What is written with a point or an exponent may be greater, which JSON Schema cannot tell from an integer.',
});

/** docs/PROTOCOL.md §7: what every client can take. The bytes of the whole are bounded by OUTCRY_MAX_FRAME_BYTES. */
const JSON_VALUE_SCHEMA = describeJson({
  name: 'JsonValue',
  description:
    'A payload: `Json` that is nested 32 deep at most, without halves of surrogate pairs, and without keys that lead to a prototype.',
  object: {
    propertyNames: { not: { const: '__proto__' } },
    not: { required: ['constructor'], properties: { constructor: { type: 'object', required: ['prototype'] } } },
  },
});

interface JsonDescription {
  readonly name: string;
  readonly description: string;
  /** What more there is to say of objects. */
  readonly object?: object;
}

function describeJson({ name, description, object }: JsonDescription): object {
  const itself = { $ref: `#/components/schemas/${name}` };
  return {
    description,
    anyOf: [
      { type: ['null', 'boolean', 'string'] },
      { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'number', not: { type: 'integer' } },
      { type: 'array', items: itself },
      { type: 'object', additionalProperties: itself, ...object },
    ],
  };
}

const BATCH_ANSWER = {
  type: 'object',
  required: ['results'],
  properties: {
    results: {
      type: 'array',
      items: {
        oneOf: [{ type: 'object', required: ['result'], properties: { result: { type: 'object' } } }, ERROR_REF],
      },
    },
  },
};

interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly isTraced: boolean;
  readonly body: object;
  readonly answer: object;
}

const TRACE_PARAMETER = {
  name: 'traceparent',
  in: 'header',
  required: false,
  description:
    'The trace that the request belongs to (https://www.w3.org/TR/trace-context/): its messages are of it. What is none is ignored.',
  schema: { type: 'string' },
};

function operation({ name, summary, isTraced, body, answer }: Operation): object {
  return {
    post: {
      operationId: name,
      summary,
      ...(isTraced ? { parameters: [TRACE_PARAMETER] } : {}),
      requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } },
      responses: { '200': { description: 'Done.', content: { [JSON_TYPE]: { schema: answer } } }, ...refusals() },
    },
  };
}

const RETRY_AFTER = requiredHeader('Retry-After', 'Seconds.');
const REFUSAL_HEADERS: Readonly<Record<string, object>> = {
  '401': requiredHeader('WWW-Authenticate', '`Bearer`.'),
  '405': requiredHeader('Allow', 'The method that the path takes.'),
  '429': RETRY_AFTER,
  '503': RETRY_AFTER,
};

/** One response for each status, which names the codes that have it. */
function refusals(): Record<string, object> {
  const codesByStatus = new Map<string, string[]>();
  for (const [code, { status }] of Object.entries(API_ERRORS)) {
    codesByStatus.set(String(status), [...(codesByStatus.get(String(status)) ?? []), code]);
  }
  const responses = [...codesByStatus].map(([status, codes]) => [
    status,
    {
      description: `\`${codes.join('`, `')}\``,
      headers: REFUSAL_HEADERS[status] ?? {},
      content: { [JSON_TYPE]: { schema: ERROR_REF } },
    },
  ]);
  return Object.fromEntries(responses) as Record<string, object>;
}

function requiredHeader(name: string, description: string): object {
  return { [name]: { description, required: true, schema: { type: 'string' } } };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
