import { describe, expect, it } from 'vitest';

import { createPubSubFilter } from './pubsub-filter.ts';

const MESSAGE = '>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n';
const OLD_MESSAGE = '*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n';
const SHARDED_MESSAGE = '*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n';
const MESSAGES = [MESSAGE, OLD_MESSAGE, SHARDED_MESSAGE];
const OTHERS = [
  '+PONG\r\n',
  '-ERR no\r\n',
  ':12\r\n',
  '$-1\r\n',
  '$7\r\nmessage\r\n',
  '_\r\n',
  '>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n',
  '%1\r\n$6\r\nserver\r\n*2\r\n$5\r\nredis\r\n:3\r\n',
];

describe('createPubSubFilter', () => {
  it('cuts messages out and lets everything else pass', () => {
    const said = OTHERS.map((reply, i) => `${reply}${MESSAGES[i % MESSAGES.length] ?? ''}`).join('');
    expect(createPubSubFilter()(Buffer.from(said)).toString()).toBe(OTHERS.join(''));
  });

  it('does so wherever the pieces are cut', () => {
    const filter = createPubSubFilter();
    const said = Buffer.from(`${MESSAGE}${OTHERS.join(MESSAGE)}`);
    const pieces = Array.from(said, (byte) => filter(Buffer.of(byte)));
    expect(Buffer.concat(pieces).toString()).toBe(OTHERS.join(''));
  });
});
