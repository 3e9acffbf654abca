import type { AccountStore, SharedLimits } from '@outcry/broker';

import { networkOf } from '../../limits/ip-address.ts';
import { AccountError } from './account-error.ts';
import { HashQueue } from './hash-queue.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import type { IssuedToken, TokenIssuer } from './token-issuer.ts';

export interface AccountsParts {
  readonly store: AccountStore;
  readonly limits: SharedLimits;
  readonly issuer: TokenIssuer;
  /** Requests of one address in a minute, in the whole cluster, and as many at once. 0 is no limit. */
  readonly maxPerAddressPerMinute: number;
  /** Called with each name that is given, before its owner has a token. */
  readonly onRegistered: (user: string) => Promise<void>;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Of one name, whether somebody has it or not, in the whole cluster: guessing is slow, and a lock lasts seconds. */
const LOGINS_PER_MINUTE = 10;
/** In the whole cluster: accounts are never removed, so they are not made faster than people come. */
const REGISTRATIONS_PER_MINUTE = 60;

/** Accounts by name and password. Registering and logging in both give a token. */
export class Accounts {
  readonly #parts: AccountsParts;
  readonly #queue = new HashQueue();
  /** Nobody's: what is tried where nobody has the name, so that the answer takes as long. */
  readonly #decoy = hashPassword('');

  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /**
   * Asked before anything of a request is looked at: so what an address tries too often takes nothing of a name's own tries.
   *
   * @throws AccountError `rateLimited`, `unavailable`
   */
  async admit(address: string): Promise<void> {
    const { maxPerAddressPerMinute } = this.#parts;
    if (maxPerAddressPerMinute > 0) await this.#limit(`accounts:${networkOf(address)}`, maxPerAddressPerMinute);
  }

  /** @throws AccountError `nameTaken`, `rateLimited`, `unavailable` */
  async register({ user, password }: Credentials): Promise<IssuedToken> {
    const { store, issuer, onRegistered } = this.#parts;
    // First: what cannot succeed must take nothing of everybody's budget.
    if ((await store.readPasswordHash(user)) !== undefined) throw nameTaken(user);
    await this.#limit('registrations', REGISTRATIONS_PER_MINUTE);
    const hash = await this.#queue.run(() => hashPassword(password));
    if (!(await store.create(user, hash))) throw nameTaken(user);
    await onRegistered(user);
    return issuer.issue(user);
  }

  /** @throws AccountError `badCredentials`, `rateLimited`, `unavailable` */
  async logIn({ user, password }: Credentials): Promise<IssuedToken> {
    const { store, issuer } = this.#parts;
    await this.#limit(`login:${user}`, LOGINS_PER_MINUTE);
    const hash = await store.readPasswordHash(user);
    const stored = hash ?? (await this.#decoy);
    const isRight = await this.#queue.run(() => verifyPassword(password, stored));
    if (hash === undefined || !isRight) throw new AccountError('badCredentials', 'the name or the password is wrong');
    return issuer.issue(user);
  }

  async #limit(subject: string, perMinute: number): Promise<void> {
    if (await this.#parts.limits.pass(subject, perMinute)) return;
    throw new AccountError('rateLimited', 'too many attempts; wait a little', Math.ceil(60 / perMinute));
  }
}

function nameTaken(user: string): AccountError {
  return new AccountError('nameTaken', `${user} is taken`);
}
