import { createHmac, randomUUID } from 'node:crypto';

import { createLogger } from '@outcry/service';
import { HookServer } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HookFailure } from '@outcry/webhook';

import { GatewayMetrics } from '../observability/metrics.ts';
import { answerReader } from './answer.ts';
import { HookClient } from './hook-client.ts';
import { type AskingConfig, HookName } from './settings.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const read = answerReader({});
const ASKING: AskingConfig = {
  secret: SECRET,
  deadlineMs: 20_000,
  maxInFlight: 3,
  maxAnswerBytes: 300,
  breakerOpenMs: 60_000,
};

describe('HookClient', () => {
  let server: HookServer;
  let metrics: GatewayMetrics;
  const clients: HookClient[] = [];
  beforeEach(async () => {
    server = await HookServer.start();
    metrics = new GatewayMetrics();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server[Symbol.asyncDispose]();
  });

  function create(asking: Partial<AskingConfig> = {}, mayRepeat = true): HookClient {
    const logger = createLogger({ level: 'silent', fields: {} });
    const options = { hook: HookName.Join, url: server.urlOf('join'), asking: { ...ASKING, ...asking }, mayRepeat };
    const client = new HookClient(options, { metrics: metrics.hooks, logger });
    clients.push(client);
    return client;
  }

  /** The kind of the failure, or `answered`. */
  async function outcomeOf(client: HookClient, asker: string = randomUUID()): Promise<string> {
    try {
      await client.ask({ text: '{"a":1}', asker }, read);
      return 'answered';
    } catch (err) {
      if (err instanceof HookFailure) return err.kind;
      throw err;
    }
  }

  async function failUntilOpen(client: HookClient): Promise<void> {
    server.answer('join', () => ({ status: 500, text: '' }));
    for (let i = 0; i < 10; i++) expect(await outcomeOf(client)).toBe('status');
    expect(client.state).toBe('open');
  }

  it('signs time and body, and gives each question an id of its own', async () => {
    const client = create();
    await client.ask({ text: '{"a":1}', asker: 'ann' }, read);
    await client.ask({ text: '{"a":1}', asker: 'ann' }, read);
    const [first, second] = server.questions;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = first?.headers ?? {};
    const signed = `${String(id)}.${String(timestamp)}.{"a":1}`;
    expect(signature).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(second?.headers['webhook-id']).not.toBe(id);
    expect(first?.text).toBe('{"a":1}');
    expect(first?.headers['content-type']).toBe('application/json');
  });

  it('keeps its connection', async () => {
    const client = create();
    for (let i = 0; i < 10; i++) await client.ask({ text: '{}', asker: 'ann' }, read);
    // A second one is made where the first has not been given back yet.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it.each([
    ['no JSON', { status: 200, text: 'yes' }, 'invalid'],
    ['nothing', { status: 200, text: '' }, 'invalid'],
    ['no verdict', { json: {} }, 'invalid'],
    ['a verdict that is none', { json: { allow: 'yes' } }, 'invalid'],
    ['a reason that is no text', { json: { allow: false, reason: 1 } }, 'invalid'],
    ['a reason that is too long', { json: { allow: false, reason: 'x'.repeat(257) } }, 'invalid'],
    ['half a character', { status: 200, text: '{"allow":false,"reason":"\\ud800"}' }, 'invalid'],
    ['what is not UTF-8', { status: 200, text: Buffer.from('{"allow":false,"reason":"ÿ"}', 'latin1') }, 'invalid'],
    ['too much', { status: 200, text: `{"allow":true}${' '.repeat(300)}` }, 'invalid'],
    ['a list', { json: [] }, 'invalid'],
    ['an error', { status: 503, text: '' }, 'status'],
    ['another success', { status: 204, text: '' }, 'status'],
    ['a redirect', { status: 307, text: '', headers: { location: '/hooks/else' } }, 'status'],
    ['a verdict with something else', { json: { allow: true, other: 1 } }, 'answered'],
    ['a refusal', { json: { allow: false, reason: 'no' } }, 'answered'],
  ] as const)('takes %s for what it is', async (_, reply, outcome) => {
    server.answer('join', () => reply);
    expect(await outcomeOf(create())).toBe(outcome);
    expect(server.questions).toHaveLength(1);
    expect(await metrics.registry.metrics()).toContain(
      `outcry_gateway_hook_calls_total{hook="join",outcome="${outcome}"} 1`,
    );
  });

  it.each([
    ['is silent', 'silence'],
    ['never ends', { beginning: '{"allow":' }],
  ] as const)('gives up at the deadline on a server that %s', async (_, reply) => {
    const client = create({ deadlineMs: 50 });
    server.answer('join', () => reply);
    expect(await outcomeOf(client)).toBe('deadline');
    expect(client.inFlight).toBe(0);
  });

  it('tells who is away', async () => {
    await server.goAway();
    expect(await outcomeOf(create())).toBe('unreachable');
  });

  it('asks again, once and under the same id, where the connection was closed beneath the question', async () => {
    const client = create();
    await client.ask({ text: '{}', asker: 'ann' }, read);
    let resets = 0;
    server.answer('join', () => {
      resets += 1;
      if (resets > 1) return { json: { allow: true } };
      server.cut();
      return 'silence';
    });
    expect(await outcomeOf(client)).toBe('answered');
    const ids = server.questions.slice(1).map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('does not ask again what may have had an effect', async () => {
    server.answer('join', () => {
      server.cut();
      return 'silence';
    });
    expect(await outcomeOf(create({}, false))).toBe('unreachable');
    expect(server.questions).toHaveLength(1);
  });

  it('lets no more than so many wait, and tells the next one at once', async () => {
    const client = create();
    const answer = server.hold('join');
    const waiting = [outcomeOf(client), outcomeOf(client), outcomeOf(client)];
    expect(client.inFlight).toBe(3);
    expect(await metrics.registry.metrics()).toContain('outcry_gateway_hooks_in_flight{hook="join"} 3');
    expect(await outcomeOf(client)).toBe('busy');
    answer();
    expect(await Promise.all(waiting)).toEqual(['answered', 'answered', 'answered']);
    expect(client.inFlight).toBe(0);
    expect(await outcomeOf(client)).toBe('answered');
  });

  it('lets nobody have more than a quarter of those that wait', async () => {
    const client = create({ maxInFlight: 8 });
    const answer = server.hold('join');
    const waiting = [outcomeOf(client, 'ann'), outcomeOf(client, 'ann'), outcomeOf(client, 'bob')];
    expect(await outcomeOf(client, 'ann')).toBe('busy');
    answer();
    expect(await Promise.all(waiting)).toEqual(['answered', 'answered', 'answered']);
    expect(await Promise.all([outcomeOf(client, 'ann'), outcomeOf(client, 'ann')])).toEqual(['answered', 'answered']);
  });

  it('opens its breaker once most answers failed, and asks nobody until its time is over', async () => {
    const client = create();
    await failUntilOpen(client);
    expect(await outcomeOf(client)).toBe('open');
    expect(server.questions).toHaveLength(10);
    const text = await metrics.registry.metrics();
    expect(text).toContain('outcry_gateway_hook_breaker_state{hook="join",state="open"} 1');
    expect(text).toContain('outcry_gateway_hook_breaker_state{hook="join",state="closed"} 0');
    expect(text).toContain('outcry_gateway_hook_breaker_changes_total{hook="join",state="open"} 1');
  });

  it('stays closed while no more than half of the answers fail', async () => {
    const client = create();
    let asked = 0;
    server.answer('join', () => {
      asked += 1;
      return asked % 2 === 0 ? { status: 500, text: '' } : { json: { allow: true } };
    });
    for (let i = 0; i < 40; i++) await outcomeOf(client);
    expect(client.state).toBe('closed');
  });

  it('stays closed where the server blames the questions, and opens where it blames itself', async () => {
    const client = create();
    for (const status of [400, 404, 422]) {
      server.answer('join', () => ({ status, text: '' }));
      for (let i = 0; i < 20; i++) expect(await outcomeOf(client)).toBe('status');
    }
    expect(client.state).toBe('closed');
    server.answer('join', () => ({ status: 429, text: '' }));
    for (let i = 0; i < 11; i++) expect(await outcomeOf(client)).toBe('status');
    expect(client.state).toBe('open');
  });

  it('closes again where the question that is tried is blamed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const client = create();
    await failUntilOpen(client);
    vi.setSystemTime(Date.now() + ASKING.breakerOpenMs);
    server.answer('join', () => ({ status: 404, text: '' }));
    expect(await outcomeOf(client)).toBe('status');
    expect(client.state).toBe('closed');
  });

  it('tries one question when the time is over: the others are told at once, and its answer closes the breaker', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const client = create();
    await failUntilOpen(client);
    vi.setSystemTime(Date.now() + ASKING.breakerOpenMs);
    const answer = server.hold('join');
    const trial = outcomeOf(client);
    expect(client.state).toBe('half-open');
    expect(await outcomeOf(client)).toBe('open');
    answer();
    expect(await trial).toBe('answered');
    expect(client.state).toBe('closed');
    expect(await outcomeOf(client)).toBe('answered');
  });

  it('opens again where that question fails', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const client = create();
    await failUntilOpen(client);
    vi.setSystemTime(Date.now() + ASKING.breakerOpenMs);
    expect(await outcomeOf(client)).toBe('status');
    expect(client.state).toBe('open');
    expect(await outcomeOf(client)).toBe('open');
  });
});
