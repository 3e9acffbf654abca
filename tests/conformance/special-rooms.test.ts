import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, open, settle, uniqueName } from './support/clients.ts';
import { useTarget } from './support/target.ts';

const target = useTarget();

describe.each(ENCODINGS)('@all, %s', (encoding) => {
  test.each([
    ['published to', { type: 'publish', data: 1 }],
    ['signalled to', { type: 'signal', name: 'typing' }],
    ['left', { type: 'leave' }],
    ['asked for its members', { type: 'members' }],
  ])('cannot be %s', async (_, request) => {
    const client = await open({ url: target.url, encoding });
    expect(await client.request({ ...request, room: '@all' })).toMatchObject({ type: 'error', code: 'forbidden' });
  });

  test('can be joined again, and has a history', async () => {
    const client = await open({ url: target.url, encoding });
    const joined = await client.expectAnswer('joined', { type: 'join', room: '@all' });
    const ack = await client.expectAnswer('ack', { type: 'history', room: '@all', limit: 10 });
    expect(ack.epoch).toBe(joined.epoch);
  });
});

describe.each(ENCODINGS)('an inbox, %s', (encoding) => {
  test('takes direct messages from anybody, for every connection of its user', async () => {
    const [ann, bob] = [uniqueName('ann'), uniqueName('bob')];
    const owners = await Promise.all(ENCODINGS.map((other) => open({ url: target.url, encoding: other, user: ann })));
    const sender = await open({ url: target.url, encoding, user: bob });
    const ack = await sender.expectAnswer('ack', { type: 'publish', room: `@${ann}`, data: 'psst' });
    for (const owner of owners) {
      expect(await owner.next('message')).toMatchObject({ room: `@${ann}`, from: bob, data: 'psst', seq: ack.seq });
    }
    await settle(sender);
    expect(sender.untaken).toEqual([]);
  });

  test('keeps what came while nobody was there', async () => {
    const ann = uniqueName('ann');
    const sender = await open({ url: target.url, encoding });
    for (const data of ['one', 'two']) await sender.expectAnswer('ack', { type: 'publish', room: `@${ann}`, data });
    const owner = await connect({ url: target.url, encoding, token: ann });
    await owner.next({ type: 'joined', room: `@${ann}` });
    await owner.expectAnswer('joined', { type: 'join', room: `@${ann}`, history: 10 });
    const said: unknown[] = [];
    while (said.at(-1) !== 'two') said.push((await owner.next('message')).data);
    expect(said.slice(-2)).toEqual(['one', 'two']);
  });

  test('can be resumed', async () => {
    const ann = uniqueName('ann');
    const owner = await connect({ url: target.url, encoding, token: ann });
    const { epoch, seq } = await owner.next({ type: 'joined', room: `@${ann}` });
    await owner.close();
    const sender = await open({ url: target.url, encoding });
    await sender.expectAnswer('ack', { type: 'publish', room: `@${ann}`, data: 'missed' });
    const again = await open({ url: target.url, encoding, user: ann });
    const joined = await again.expectAnswer('joined', { type: 'join', room: `@${ann}`, since: { epoch, seq } });
    expect(joined).toMatchObject({ epoch, recovered: true, seq });
    expect(await again.next('message')).toMatchObject({ data: 'missed', seq: seq + 1 });
  });

  test('takes signals, too', async () => {
    const ann = uniqueName('ann');
    const owner = await open({ url: target.url, encoding, user: ann });
    const sender = await open({ url: target.url, encoding });
    sender.send({ type: 'signal', room: `@${ann}`, name: 'typing' });
    expect(await owner.next('signal')).toMatchObject({ room: `@${ann}`, name: 'typing' });
  });

  test('takes a repeated key once', async () => {
    const ann = uniqueName('ann');
    const sender = await open({ url: target.url, encoding });
    const request = { type: 'publish', room: `@${ann}`, data: 1, key: uniqueName('key') };
    const first = await sender.expectAnswer('ack', request);
    const second = await sender.expectAnswer('ack', request);
    expect([second.epoch, second.seq]).toEqual([first.epoch, first.seq]);
  });

  test("is joined by its owner only: another's is forbidden, whether it exists or not", async () => {
    const ann = uniqueName('ann');
    await open({ url: target.url, encoding, user: ann });
    const stranger = await open({ url: target.url, encoding });
    for (const room of [`@${ann}`, `@${uniqueName('nobody')}`]) {
      expect(await stranger.request({ type: 'join', room })).toMatchObject({ type: 'error', code: 'forbidden' });
      expect(await stranger.request({ type: 'leave', room })).toMatchObject({ type: 'error', code: 'notJoined' });
      expect(await stranger.request({ type: 'history', room, limit: 1 })).toMatchObject({ code: 'notJoined' });
    }
  });

  test('cannot be left by its owner, and has no members', async () => {
    const ann = uniqueName('ann');
    const owner = await open({ url: target.url, encoding, user: ann });
    expect(await owner.request({ type: 'leave', room: `@${ann}` })).toMatchObject({ code: 'forbidden' });
    expect(await owner.request({ type: 'members', room: `@${ann}` })).toMatchObject({ code: 'forbidden' });
  });
});
