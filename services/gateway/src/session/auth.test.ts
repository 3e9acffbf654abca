import { CLOSE_CODES } from '@outcry/protocol';
import { makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { TokenRefusal } from '../identity/authenticator.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const { auth, limits } = loadGatewayConfig({ OUTCRY_AUTH_SECRET: SECRET }).config;

describe('a newer token', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    gateway = await createTestGateway({ auth, limits: { connections: { ...limits.connections, perUser: 1 } } });
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  function connect(token: string): TestClient {
    const { identity } = gateway.services.authenticator.authenticate(token);
    if (identity === undefined) throw new Error('refused');
    return gateway.connect(identity);
  }

  type Answer = Readonly<Record<string, unknown>>;

  async function answer({ socket, send }: TestClient, token: string): Promise<Answer> {
    send({ type: 'auth', id: 1, token });
    return vi.waitUntil(() => socket.frames.find((frame) => 'id' in frame && frame.id === 1) as Answer | undefined);
  }

  it('moves the end of the session', async () => {
    const ann = connect(makeToken(SECRET, { lifetimeSeconds: 60 }));
    const [welcome] = ann.socket.framesOf('welcome');
    const endsAt = ann.session.deadline?.at ?? NaN;
    expect(endsAt).toBe(
      performance.now() + (welcome?.expiresAt ?? NaN) - Date.now() + gateway.services.clockToleranceMs,
    );
    vi.advanceTimersByTime(30_000);
    const ack = await answer(ann, makeToken(SECRET, { lifetimeSeconds: 3600 }));
    expect(ack).toEqual({ type: 'ack', id: 1, user: 'ann', expiresAt: expect.any(Number) as number });
    expect(Number(ack['expiresAt']) - Number(welcome?.expiresAt)).toBe(30_000 + 3_540_000);
    expect(ann.session.deadline?.at).toBe(endsAt + 30_000 + 3_540_000);
    expect(ann.session.deadline?.closeCode).toEqual(CLOSE_CODES.tokenExpired);
    expect(ann.socket.framesOf('joined')).toHaveLength(2);
    expect(ann.socket.closeCode).toBeUndefined();
  });

  it('of somebody else is for guests alone, and changes nothing', async () => {
    const ann = connect(makeToken(SECRET));
    expect(await answer(ann, makeToken(SECRET, { sub: 'bob' }))).toMatchObject({
      code: 'forbidden',
      message: "the session is ann's",
    });
    expect(ann.session.user).toBe('ann');
  });

  it('that is none is refused, counted by its fault, and changes nothing', async () => {
    const ann = connect(makeToken(SECRET));
    const { deadline } = ann.session;
    const refusal = await answer(ann, makeToken(`${SECRET}, another`));
    expect(refusal).toEqual({
      type: 'error',
      id: 1,
      code: 'unauthenticated',
      message: 'the token is refused',
      retryable: false,
    });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_token_refusals_total{reason="signature"} 1');
    expect(ann.session.deadline).toBe(deadline);
  });

  it('may be tried again where the key that it is signed with is to come', async () => {
    const ann = connect(makeToken(SECRET));
    vi.spyOn(gateway.services.authenticator, 'authenticate').mockReturnValueOnce({
      identity: undefined,
      refusal: TokenRefusal.KeyToCome,
    });
    expect(await answer(ann, makeToken(SECRET))).toMatchObject({ code: 'unavailable', retryable: true });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_token_refusals_total{reason="key-to-come"} 1');
  });

  it('gives a guest a name, its messages, and one of the seats of that name', async () => {
    const guest = gateway.connect('guest-1');
    await answer(guest, makeToken(SECRET));
    await vi.waitUntil(() => guest.socket.framesOf('joined').some(({ room }) => room === '@ann'));
    expect(guest.session.deadline).toBeDefined();
    const carl = connect(makeToken(SECRET, { sub: 'carl', claims: { rooms: { '@*': ['write'] } } }));
    carl.send({ type: 'publish', room: '@ann', data: 'hi' });
    await vi.waitUntil(() => guest.socket.framesOf('message').length === 1);
    const late = connect(makeToken(SECRET));
    await vi.waitUntil(() => late.socket.closeCode !== undefined);
    expect(late.socket.closeCode).toEqual(CLOSE_CODES.quotaExceeded);
    expect(gateway.connect('guest-1').socket.closeCode).toBeUndefined();
    for (const { session } of [late, guest]) session.closed(1000);
    const next = connect(makeToken(SECRET));
    await vi.waitUntil(() => next.socket.framesOf('joined').length === 2);
    expect(next.socket.closeCode).toBeUndefined();
    const another = connect(makeToken(SECRET));
    await vi.waitUntil(() => another.socket.closeCode !== undefined);
  });
});
