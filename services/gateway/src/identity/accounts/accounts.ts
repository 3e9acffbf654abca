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
/** In the whole cluster: names stay taken, so they are not made faster than people come. */
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
    const { store, onRegistered } = this.#parts;
    // First: what cannot succeed must take nothing of everybody's budget.
    if (await store.isTaken(user)) throw nameTaken(user);
    await this.#limit('registrations', REGISTRATIONS_PER_MINUTE);
    const hash = await this.#queue.run(() => hashPassword(password));
    if (!(await store.create(user, hash))) throw nameTaken(user);
    await onRegistered(user);
    return this.#issue(user, hash);
  }

  /** @throws AccountError `badCredentials`, `rateLimited`, `unavailable` */
  async logIn({ user, password }: Credentials): Promise<IssuedToken> {
    const { store } = this.#parts;
    await this.#limit(`login:${user}`, LOGINS_PER_MINUTE);
    const hash = await store.readPasswordHash(user);
    const stored = hash ?? (await this.#decoy);
    const isRight = await this.#queue.run(() => verifyPassword(password, stored));
    if (hash === undefined || !isRight) throw badCredentials();
    return this.#issue(user, hash);
  }

  /**
   * Nobody logs in any more, and nobody else gets the name. Tokens that there are have to be revoked behind it. False where there
   * never was such an account.
   */
  delete(user: string): Promise<boolean> {
    return this.#parts.store.delete(user);
  }

  /**
   * Gives an account another password, and a deleted one back. Tokens that there are have to be revoked behind it. False where there
   * never was such an account.
   *
   * @throws AccountError `unavailable`
   */
  async resetPassword({ user, password }: Credentials): Promise<boolean> {
    const { store } = this.#parts;
    if (!(await store.isTaken(user))) return false;
    return store.replacePasswordHash(user, await this.#queue.run(() => hashPassword(password)));
  }

  /**
   * A token, unless the account has been deleted or has another password by now. It is looked at behind the token's making: whoever
   * takes the password away revokes behind that what was issued before, and so each token is seen by one of the two.
   */
  async #issue(user: string, hash: string): Promise<IssuedToken> {
    const { store, issuer } = this.#parts;
    const token = issuer.issue(user);
    if ((await store.readPasswordHash(user)) !== hash) throw badCredentials();
    return token;
  }

  async #limit(subject: string, perMinute: number): Promise<void> {
    if (await this.#parts.limits.pass(subject, perMinute)) return;
    throw new AccountError('rateLimited', 'too many attempts; wait a little', Math.ceil(60 / perMinute));
  }
}

function badCredentials(): AccountError {
  return new AccountError('badCredentials', 'the name or the password is wrong');
}

function nameTaken(user: string): AccountError {
  return new AccountError('nameTaken', `${user} is taken`);
}
