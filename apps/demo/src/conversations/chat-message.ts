import type { HistoryPage, Message, Position } from '@outcry/client';

import type { MessageEntry } from '../log/entry.ts';
import type { PastPage } from '../log/past-reader.ts';
import { readPerson } from '../text/person.ts';

/** What the page publishes. */
export interface ChatPayload {
  readonly text: string;
  /** The publish's own key, by which a message is known when it comes back. */
  readonly key: string;
  /** In the copy of a direct message that its writer keeps in the own inbox: whom it went to. */
  readonly to?: string;
}

/** UTF-16 units. The wire takes far more; what is longer is no longer a shout. */
export const MAX_TEXT_LENGTH = 1_000;

/** Anybody may publish anything: what is not this page's own form is shown as the JSON that it is. */
export function readPayload(data: unknown): Partial<ChatPayload> & { readonly text: string } {
  if (typeof data === 'string') return { text: data };
  if (data instanceof Uint8Array) return { text: `${String(data.length)} bytes` };
  if (typeof data !== 'object' || data === null || !('text' in data) || typeof data.text !== 'string') {
    return { text: JSON.stringify(data) };
  }
  const key = 'key' in data && typeof data.key === 'string' ? { key: data.key } : {};
  const to = 'to' in data && typeof data.to === 'string' ? { to: data.to } : {};
  return { text: data.text, ...key, ...to };
}

/** As the log shows it. An own message has its key for an id, and so takes the place of what was shown while it was sent. */
export function toEntry({ from, at, data, epoch, seq, info }: Message, user: string): MessageEntry {
  const { text, key } = readPayload(data);
  const id = from === user && key !== undefined ? key : `${epoch}:${String(seq)}`;
  const person = info === undefined ? {} : { person: readPerson(info) };
  return { kind: 'message', id, from, ...person, text, at, state: 'shown', position: { epoch, seq } };
}

/** A page of a room's past, for the conversation that the messages are of. */
export function toPastPage({ messages, head }: HistoryPage, entries: readonly MessageEntry[]): PastPage {
  const [first, last] = [messages[0], messages.at(-1)];
  return { epoch: head.epoch, from: first && positionOf(first), to: last && positionOf(last), entries };
}

/** 128 random bits. `crypto.randomUUID` would do, but browsers offer it on https and localhost only. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((key, word) => key + word.toString(36), '');
}

function positionOf({ epoch, seq }: Message): Position {
  return { epoch, seq };
}
