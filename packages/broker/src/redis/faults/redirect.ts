import { OutcryError } from '../../outcry-error.ts';

/** Why a server of a Redis Cluster did not carry a command out. */
export type Redirect =
  /** Another server has the slot. */
  | { readonly kind: 'moved' }
  /** The slot is on its way, and what the command is about is at its new server already; with `ASKING` it is carried out there. */
  | { readonly kind: 'ask'; readonly host: string; readonly port: number }
  /** The slot is on its way, and some of what the command is about is here, and some there. */
  | { readonly kind: 'tryAgain' };

/** Nothing of the command has been done; it may be made again where, or when, the redirect says. */
export class RedirectError extends OutcryError {
  readonly redirect: Redirect;

  constructor(redirect: Redirect, message: string) {
    super('unavailable', message);
    this.redirect = redirect;
  }
}

/** Undefined where it is another fault. A host that is empty is that of whoever says so. */
export function readRedirect(error: unknown): Redirect | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (message.startsWith('MOVED ')) return { kind: 'moved' };
  if (message.startsWith('TRYAGAIN')) return { kind: 'tryAgain' };
  const [, host, port] = /^ASK \d+ (\S*):(\d+)$/.exec(message) ?? [];
  return host === undefined ? undefined : { kind: 'ask', host, port: Number(port) };
}
