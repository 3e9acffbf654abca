import { describe, expect, it } from 'vitest';

import { DeadlineError } from './deadline.ts';
import { Inbox } from './inbox.ts';

const anything = { what: 'number', deadlineMs: 50 };
const isEven = (value: number): boolean => value % 2 === 0;

function inboxOf(...items: number[]): Inbox<number> {
  const inbox = new Inbox<number>(String);
  for (const item of items) inbox.push(item);
  return inbox;
}

describe('an inbox', () => {
  it('keeps what came before anybody asked, in order', async () => {
    const inbox = inboxOf(1, 2);
    expect(await inbox.take(() => true, anything)).toBe(1);
    expect(await inbox.take(() => true, anything)).toBe(2);
  });

  it('gives the first that matches and leaves the others', async () => {
    const inbox = inboxOf(1, 2, 3, 4);
    expect(await inbox.take(isEven, anything)).toBe(2);
    expect(inbox.untaken).toEqual([1, 3, 4]);
    expect(inbox.all).toEqual([1, 2, 3, 4]);
  });

  it('gives each item to one who waits, the first who asked', async () => {
    const inbox = inboxOf();
    const first = inbox.take(() => true, anything);
    const second = inbox.take(() => true, anything);
    inbox.push(1);
    inbox.push(2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  it('says after the deadline what was missed and what came instead', async () => {
    const waiting = inboxOf(1, 3).take(isEven, { what: 'even number', deadlineMs: 20 });
    await expect(waiting).rejects.toThrow(DeadlineError);
    await expect(waiting).rejects.toThrow(/after 20 ms: no even number; 2 received\n {2}1\n {2}3/);
  });

  it('loses nothing to a wait that was given up', async () => {
    const inbox = inboxOf();
    await expect(inbox.take(isEven, { what: 'even number', deadlineMs: 10 })).rejects.toThrow(DeadlineError);
    inbox.push(2);
    expect(await inbox.take(isEven, anything)).toBe(2);
  });

  it('tells whoever waits, and whoever comes later, why nothing comes any more', async () => {
    const inbox = inboxOf(1);
    const waiting = inbox.take(isEven, anything);
    inbox.end(new Error('the line is dead'));
    await expect(waiting).rejects.toThrow('the line is dead');
    await expect(inbox.take(isEven, anything)).rejects.toThrow('the line is dead');
    expect(await inbox.take(() => true, anything)).toBe(1);
  });
});
