import { Stage } from './testing/stage.ts';

import { connect, type RoomEvent, type StandardSchema } from '@outcry/client';
import { createElement, type ReactElement, type ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OutcryProvider, type RoomView, useBook, useMembers, useOutcry, useRoom } from './index.ts';
import { FakeGateway } from './testing/fake-gateway.ts';

const POLL = { interval: 5 };

let gateway: FakeGateway;
let stage: Stage;
beforeEach(() => {
  gateway = new FakeGateway();
  stage = new Stage();
});
afterEach(async () => {
  stage[Symbol.dispose]();
  await expect.poll(() => gateway.openSockets, POLL).toBe(0);
});

function show(...children: readonly ReactNode[]): void {
  const options = { webSocket: gateway.open, encoding: 'json', backoff: { baseMs: 50, maxMs: 50 } } as const;
  stage.show(createElement(OutcryProvider, { url: 'ws://test/ws', options }, ...children));
}

let lobby: RoomView<string>;
function Talk({ room = 'lobby', onEvent }: { room?: string; onEvent?: (event: RoomEvent<string>) => void }): string {
  lobby = useRoom<string>(room, { onEvent, maxMessages: 3 });
  return `[${lobby.status}:${lobby.messages.map(({ data }) => data).join(',')}]`;
}

function People({ room = 'lobby' }: { room?: string }): string {
  const { count, members } = useMembers(room);
  return `[${String(count)}:${members.join(',')}]`;
}

const asText = (text: string): Promise<void> => expect.poll(() => stage.text, POLL).toBe(text);
const asked = (what: string): number => gateway.asked.filter((each) => each === what).length;

describe('useRoom, in StrictMode', () => {
  it('joins once over one socket, however many components use the room, and shows what is said', async () => {
    show(createElement(Talk, { key: 1 }), createElement(Talk, { key: 2 }));
    await asText('[joined:][joined:]');
    gateway.message('lobby', 'hello');
    await asText('[joined:hello][joined:hello]');
    expect([gateway.sockets.length, gateway.asked]).toEqual([1, ['join lobby']]);
  });

  it('keeps as many messages as it is told, the latest', async () => {
    show(createElement(Talk));
    await asText('[joined:]');
    for (const text of ['a', 'b', 'c', 'd', 'e']) gateway.message('lobby', text);
    await asText('[joined:c,d,e]');
  });

  it('publishes, with functions that stay the same from render to render', async () => {
    show(createElement(Talk));
    await asText('[joined:]');
    const { publish } = lobby;
    expect(await publish('mine')).toEqual({ epoch: 'e', seq: 1 });
    await asText('[joined:mine]');
    expect(lobby.publish).toBe(publish);
  });

  it('leaves once the last component is gone, and the next begins anew', async () => {
    show(createElement(Talk, { key: 1 }), createElement(Talk, { key: 2 }), createElement(People, { room: 'other' }));
    await asText('[joined:][joined:][2:ann,bob]');
    show(createElement(Talk, { key: 1 }), createElement(People, { room: 'other' }));
    await asText('[joined:][2:ann,bob]');
    show(createElement(People, { room: 'other' }));
    await expect.poll(() => asked('leave lobby'), POLL).toBe(1);
    await expect(lobby.publish('late')).rejects.toMatchObject({ code: 'notJoined' });
    show(createElement(Talk));
    await asText('[joined:]');
    expect([asked('join lobby'), asked('leave lobby'), gateway.sockets.length]).toEqual([2, 1, 1]);
  });

  it('stays in a room that one view hands over to another', async () => {
    show(createElement(Talk, { key: 1 }));
    await asText('[joined:]');
    gateway.message('lobby', 'kept');
    await asText('[joined:kept]');
    show(createElement('p', null, createElement(Talk)));
    await asText('[joined:kept]');
    await lobby.publish('still here');
    expect([asked('join lobby'), asked('leave lobby')]).toEqual([1, 0]);
  });

  it('moves with the name', async () => {
    show(createElement(Talk));
    await asText('[joined:]');
    show(createElement(Talk, { room: 'other' }));
    await expect.poll(() => gateway.asked, POLL).toEqual(['join lobby', 'join other', 'leave lobby']);
  });

  it('says why a room is not to be had', async () => {
    show(createElement(Talk, { room: 'secret' }));
    await asText('[failed:]');
    expect(lobby.error).toMatchObject({ code: 'forbidden' });
  });

  it('hands every event to the handler of the latest render', async () => {
    const heard: string[] = [];
    show(createElement(Talk, { onEvent: ({ type }) => heard.push(`old ${type}`) }));
    await asText('[joined:]');
    show(createElement(Talk, { onEvent: ({ type }) => heard.push(`new ${type}`) }));
    await expect
      .poll(() => {
        gateway.say({ type: 'signal', room: 'lobby', from: 'bob', name: 'typing' });
        return heard;
      }, POLL)
      .toContain('new signal');
    expect(heard[0]).toBe('old joined');
  });

  it('refuses to read one room in two ways', async () => {
    const schema = (): StandardSchema<string> => ({
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: String(value) }) },
    });
    const [one, other] = [schema(), schema()];
    const Reader = (props: { readonly schema: StandardSchema<string> }): string => useRoom('lobby', props).status;
    show(createElement(Reader, { key: 1, schema: one }), createElement(Reader, { key: 2, schema: other }));
    await expect.poll(() => String(stage.errors[0]), POLL).toContain('expected the same schema in all components');
  });
});

describe('useMembers, in StrictMode', () => {
  it('shows who is there, who comes and who goes', async () => {
    show(createElement(People));
    await asText('[2:ann,bob]');
    gateway.say({ type: 'member', room: 'lobby', user: 'eve', change: 'joined', count: 3 });
    await asText('[3:ann,bob,eve]');
    gateway.say({ type: 'member', room: 'lobby', user: 'ann', change: 'left', count: 2 });
    await asText('[2:bob,eve]');
  });

  it('shares one join with useRoom where they come together', async () => {
    show(createElement(Talk), createElement(People));
    await asText('[joined:][2:ann,bob]');
    expect(gateway.asked).toEqual(['join lobby', 'members lobby']);
  });

  it('joins again from where the room was where it comes later, and loses no message and no publish', async () => {
    show(createElement(Talk));
    await asText('[joined:]');
    gateway.message('lobby', 'before');
    await asText('[joined:before]');
    show(createElement(Talk), createElement(People));
    await expect.poll(() => asked('join lobby'), POLL).toBe(2);
    await lobby.publish('after');
    await asText('[joined:before,after][2:ann,bob]');
    expect(gateway.requests.filter(({ type }) => type === 'join')).toMatchObject([
      { presence: false },
      { presence: true, since: { epoch: 'e', seq: 1 } },
    ]);
  });
});

describe('useBook, in StrictMode', () => {
  it('watches a book once, shows it in decimals, and lets it go', async () => {
    const Best = (): string => {
      const { status, bids, asks, toDecimal } = useBook('BTCUSDT', { depth: 1 });
      return [status, ...[...bids, ...asks].map((level) => toDecimal(level).price)].join(' ');
    };
    show(createElement(Best, { key: 1 }), createElement(Best, { key: 2 }));
    await asText('live 99.00 100.50'.repeat(2));
    expect(gateway.asked).toEqual(['subscribe BTCUSDT']);
    show();
    await expect.poll(() => gateway.openSockets, POLL).toBe(1);
    await expect.poll(() => asked('unsubscribe BTCUSDT'), POLL).toBe(1);
  });
});

describe('the provider, in StrictMode', () => {
  const Status = (): string => useOutcry().status.state;

  it('connects once, and closes with the last of it', async () => {
    show(createElement(Status));
    await asText('connected');
    stage.show();
    await expect.poll(() => gateway.openSockets, POLL).toBe(0);
    expect(gateway.sockets).toHaveLength(1);
  });

  it('comes back by itself, and its rooms with it', async () => {
    show(createElement(Status), createElement(Talk));
    await asText('connected[joined:]');
    gateway.sockets[0]?.lose();
    await asText('reconnecting[away:]');
    await asText('connected[joined:]');
    expect([gateway.sockets.length, asked('join lobby')]).toEqual([2, 2]);
  });

  it('leaves a client open that it was given', async () => {
    const client = connect('ws://test/ws', { webSocket: gateway.open, encoding: 'json' });
    stage.show(createElement(OutcryProvider, { client }, createElement(Talk)));
    await asText('[joined:]');
    stage.show();
    await expect.poll(() => asked('leave lobby'), POLL).toBe(1);
    expect(client.status.state).toBe('connected');
    client.close();
  });

  it('is another session where the address is another', async () => {
    const at = (url: string): ReactElement =>
      createElement(
        OutcryProvider,
        { url, options: { webSocket: gateway.open, encoding: 'json' } },
        createElement(Talk),
      );
    stage.show(at('ws://one/ws'));
    await asText('[joined:]');
    stage.show(at('ws://two/ws'));
    await expect.poll(() => gateway.sockets.length, POLL).toBe(2);
    await expect.poll(() => gateway.openSockets, POLL).toBe(1);
    await asText('[joined:]');
  });

  it.each([
    [createElement(Talk), 'useRoom: expected an <OutcryProvider> above this component'],
    [createElement(OutcryProvider, {} as never), '<OutcryProvider>: expected a url or a client'],
  ])('says what is missing', async (element, message) => {
    stage.show(element);
    await expect.poll(() => stage.errors.map(String).join('\n'), POLL).toContain(message);
  });
});
