import { setTimeout as delay } from 'node:timers/promises';

import { closeCode, type GatewayProcess, HandshakeRefusedError, RawClient } from '@outcry/testkit';

import type { IssuedToken } from './openid-provider.ts';

/** Of good ones. */
const RATE_PER_SECOND = 200;
const GOOD_PER_FORGED = 5;
/** Past so many under way the flood waits: a machine that cannot keep up is not to fall further behind. */
const MAX_UNDER_WAY = 100;
/** Waits of whoever is told to come back, as the client library has them. */
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5000;
const OVERLOADED = 503;

export interface Flood {
  /** Good ones, at least. */
  readonly logins: number;
  /** And at least so long. */
  readonly seconds: number;
  /** A token that is good. */
  readonly issue: () => Promise<IssuedToken>;
  /** Tokens that are none, by their kinds: one comes beside every fifth good one, each kind in its turn. */
  readonly forgeries: Readonly<Record<string, () => string>>;
}

/** Logins at a gateway, and what came of them. */
export class Logins {
  /** Good and bad ones that were tried. */
  begun = 0;
  good = 0;
  bad = 0;
  /** Times that somebody was told to come back in a moment, for the key may be a new one. */
  waits = 0;
  /** Times that somebody was turned away before the token was looked at, because the gateway had too much to do. */
  turnedAway = 0;
  /** Good ones that were not let in as whom they are. */
  readonly refused: string[] = [];
  /** Kinds of bad ones that were let in. */
  readonly accepted: string[] = [];
  readonly #gateway: Pick<GatewayProcess, 'url'>;
  #busyMs = 0;

  constructor(gateway: Pick<GatewayProcess, 'url'>) {
    this.#gateway = gateway;
  }

  /** Good and bad ones, in each second of a flood. */
  get perSecond(): number {
    return Math.round(((this.good + this.bad) * 1000) / this.#busyMs);
  }

  /** At two hundred a second; resolves when the last one is over, and rejects where one could not even be tried. */
  async flood({ logins, seconds, issue, forgeries }: Flood): Promise<void> {
    const kinds = Object.entries(forgeries);
    const underWay = new Set<Promise<void>>();
    const faults: unknown[] = [];
    const begin = (login: Promise<void>): void => {
      this.begun += 1;
      const entry = login.catch((err: unknown) => faults.push(err)).then(() => void underWay.delete(entry));
      underWay.add(entry);
    };
    const startedAt = performance.now();
    for (let i = 0; i < logins || performance.now() - startedAt < seconds * 1000; i++) {
      begin(issue().then((token) => this.#logInGood(token)));
      const forged = i % GOOD_PER_FORGED === 0 ? kinds[(i / GOOD_PER_FORGED) % kinds.length] : undefined;
      if (forged !== undefined) begin(this.#logInBad(...forged));
      while (underWay.size >= MAX_UNDER_WAY) await Promise.race(underWay);
      await delay(startedAt + ((i + 1) * 1000) / RATE_PER_SECOND - performance.now());
    }
    this.#busyMs += performance.now() - startedAt;
    await Promise.all(underWay);
    if (faults.length > 0) throw new AggregateError(faults, `${String(faults.length)} logins could not be tried`);
  }

  /** The user that is let in, or the code of the close. */
  async logIn(token: string): Promise<string | number> {
    const client = await this.#connect(token);
    const outcome = await Promise.race([client.next('welcome'), client.waitForClose()]);
    if ('code' in outcome) return outcome.code;
    await client.close();
    return outcome.user;
  }

  async #connect(token: string): Promise<RawClient> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)) {
      try {
        return await RawClient.connect({ url: this.#gateway.url, encoding: 'json', token });
      } catch (err) {
        if (!(err instanceof HandshakeRefusedError && err.response.status === OVERLOADED)) throw err;
      }
      this.turnedAway += 1;
      await delay(waitMs * (0.5 + Math.random() / 2));
    }
  }

  async #logInGood({ user, token }: IssuedToken): Promise<void> {
    let outcome = await this.logIn(token);
    for (let waitMs = FIRST_WAIT_MS; outcome === closeCode('keyPending').code; waitMs *= 2) {
      this.waits += 1;
      await delay(Math.min(waitMs, MAX_WAIT_MS) * (0.5 + Math.random() / 2));
      outcome = await this.logIn(token);
    }
    this.good += 1;
    if (outcome !== user) this.refused.push(`${user}: ${String(outcome)}`);
  }

  async #logInBad(kind: string, forge: () => string): Promise<void> {
    const outcome = await this.logIn(forge());
    this.bad += 1;
    if (typeof outcome === 'string') this.accepted.push(kind);
  }
}
