import type { Identity } from '../identity/identity.ts';
import type { HookName } from './settings.ts';

/** Whom a question is about. */
export interface Subject {
  readonly connection: string;
  readonly identity: Identity;
  /** Where the connection comes from. */
  readonly address: string;
}

/** What every question says, whatever it is about. */
export function describeSubject(
  hook: HookName,
  node: string,
  { connection, identity, address }: Subject,
): Readonly<Record<string, unknown>> {
  return { hook, node, connection, user: identity.user, guest: identity.isGuest, address };
}

/** Whose questions count together: those of a user, and of guests, who have no name that they could not change, of an address. */
export function askerOf({ identity, address }: Subject): string {
  return identity.isGuest ? `guest ${address}` : `user ${identity.user}`;
}

/** A question with a payload in it, which is JSON already. */
export function withPayload(question: Readonly<Record<string, unknown>>, data: string): string {
  return `${JSON.stringify(question).slice(0, -1)},"data":${data}}`;
}
