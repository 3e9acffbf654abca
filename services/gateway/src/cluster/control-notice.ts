import { z } from 'zod';

import { question } from './question.ts';
import { roomGrants } from '../identity/rights/grant-list.ts';

/** Whom a notice is about: all connections of a user, or one. */
const target = { user: z.string().optional(), connection: z.string().optional() };

/** What one gateway asks of all of them, over the control bus. */
const controlNotice = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('disconnect'),
    ...target,
    /** Whether clients are told to come back. */
    mayReturn: z.boolean(),
  }),
  z.object({ kind: z.literal('subscribe'), ...target, room: z.string() }),
  z.object({ kind: z.literal('unsubscribe'), ...target, room: z.string() }),
  z.object({
    kind: z.literal('send'),
    ...target,
    name: z.string(),
    /** Msgpack, in base64. */
    data: z.string().optional(),
  }),
  z.object({ kind: z.literal('refresh'), ...target, rights: roomGrants }),
  z.object({
    kind: z.literal('move'),
    /** Whose clients: the name of a gateway. */
    node: z.string(),
    count: z.int().positive(),
  }),
  z.object({
    kind: z.literal('drain'),
    /** Which gateway, by its name. */
    node: z.string(),
    /** It takes clients again. */
    isOver: z.boolean(),
  }),
  /** Somebody looks: what is loud is to be told for so long. */
  z.object({ kind: z.literal('top'), seconds: z.number().positive() }),
  /** Messages of a room are to be traced for so long. */
  z.object({ kind: z.literal('trace'), room: z.string(), seconds: z.number().positive() }),
  /** Somebody wants to know: the answer goes with what is reported to the cluster, under this name. */
  z.object({
    kind: z.literal('tell'),
    ask: z.string(),
    about: question,
    /** Several may ask the same under one name. */
    isShared: z.boolean().optional(),
  }),
]);

export type ControlNotice = z.output<typeof controlNotice>;

/** One that means sessions, wherever they are. */
export type SessionNotice = Exclude<ControlNotice, { readonly kind: 'move' | 'drain' | 'top' | 'trace' | 'tell' }>;

export function encodeControlNotice(notice: z.input<typeof controlNotice>): string {
  return JSON.stringify(notice);
}

/** Undefined where it is none of this version. */
export function decodeControlNotice(text: string): ControlNotice | undefined {
  try {
    return controlNotice.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
