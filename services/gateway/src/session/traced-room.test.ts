import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { encodeControlNotice } from '../cluster/control-notice.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

/** Nobody is there: spans wait for a collector. */
const TRACES = { url: 'http://127.0.0.1:1/v1/traces', maxPerSecond: 2 };
const NEW_TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

describe('a room that somebody has traced', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  let said = 0;
  beforeEach(async () => {
    gateway = await createTestGateway({ traces: TRACES });
    ann = gateway.connect('ann');
    for (const room of ['pit', 'lobby']) ann.send({ type: 'join', room });
    await expect
      .poll(() => ann.socket.framesOf('joined').map(({ room }) => room))
      .toEqual(expect.arrayContaining(['pit', 'lobby']));
  });
  afterEach(async () => {
    await gateway.services.traces?.close();
    await gateway.stop();
  });

  /** What comes back of a message: of which trace it is. */
  async function say(room: string, traceparent?: string): Promise<string | undefined> {
    said += 1;
    ann.send({ type: 'publish', room, data: said, ...(traceparent === undefined ? {} : { traceparent }) });
    const find = () => ann.socket.framesOf('message').find(({ data }) => data === said);
    await expect.poll(find).toBeDefined();
    return find()?.traceparent;
  }

  async function trace(room: string): Promise<void> {
    await gateway.backplane.control.tell(encodeControlNotice({ kind: 'trace', room, seconds: 60 }));
    await expect.poll(() => gateway.services.tracedRooms.untraced).toBeNull();
  }

  it('has a trace for each message, and no other room has, before and meanwhile', async () => {
    expect(await say('pit')).toBeUndefined();
    await trace('pit');
    expect(await say('pit')).toMatch(NEW_TRACE);
    expect(await say('lobby')).toBeUndefined();
  });

  it('has one also of a message whose sender has sampled it out, and leaves alone the trace of one that is sampled', async () => {
    await trace('pit');
    const theirs = '4b'.repeat(16);
    const own = (flags: string): string => `00-${theirs}-${'f0'.repeat(8)}-${flags}`;
    const begun = await say('pit', own('00'));
    expect(begun).toMatch(NEW_TRACE);
    expect(begun).not.toContain(theirs);
    expect(await say('pit', own('01'))).toContain(theirs);
  });

  it('has no more of them in a second than there may be, and counts the others', async () => {
    await trace('pit');
    const traced: unknown[] = [];
    while (traced.at(-1) !== 'untraced') traced.push((await say('pit')) === undefined ? 'untraced' : 'traced');
    expect(traced.slice(0, TRACES.maxPerSecond)).toEqual(['traced', 'traced']);
    expect(await gateway.services.metrics.registry.metrics()).toMatch(
      /outcry_gateway_traceparents_ignored_total\{source="watch",reason="rate"\} [1-9]/,
    );
  });
});
