import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { BEARER_PREFIX, SUBPROTOCOLS } from '@outcry/protocol';
import { makeToken } from '@outcry/testkit';

import { createOutcry } from '../contestants/outcry.ts';
import type { ServerProcess } from '../contestants/server-process.ts';
import type { ClientPlan } from '../generator/client-plan.ts';
import { type GeneratorProcess, startMembers, startPublisher } from '../generator/generator.ts';
import type { MemberCalls } from '../generator/member-process.ts';
import { stampedText } from '../generator/stamp.ts';
import { planMembers } from './members.ts';
import { mainThreadCpuSecondsOf } from './process-stats.ts';
import type { Scope } from './scope.ts';

export const BYSTANDERS = 100;
export const BYSTANDER_MESSAGES_PER_SECOND = 50;

const PAYLOAD_BYTES = 150;
const WARM_UP_MS = 5000;
/** A session outlasts every experiment. */
const TOKEN_LIFETIME_SECONDS = 3600;
const USER_RIGHTS = { '*': ['read', 'write', 'signal', 'presence'] };

/** What bystanders have seen of the gateway in a while. */
export interface Calm {
  /** Milliseconds from a message's publication to its delivery. */
  readonly p50: number;
  readonly p99: number;
  /** Cores that its main thread took. */
  readonly gateway: number;
}

/** A gateway that asks for tokens, and authenticated clients who talk all the time and have nothing to do with an attack. */
export class Bystanders {
  readonly url: string;
  readonly #server: ServerProcess;
  readonly #members: GeneratorProcess<MemberCalls>;
  readonly #secret: string;

  private constructor(server: ServerProcess, members: GeneratorProcess<MemberCalls>, secret: string) {
    this.#server = server;
    this.#members = members;
    this.#secret = secret;
    this.url = urlOf(server);
  }

  /** Resolves when the gateway is warm. */
  static async gather(scope: Scope, redisUrl: string): Promise<Bystanders> {
    const secret = randomBytes(32).toString('base64url');
    const settings = {
      OUTCRY_AUTH_SECRET: secret,
      OUTCRY_REDIS_PREFIX: `bench${String(process.hrtime.bigint())}`,
      OUTCRY_MAX_FRAMES_PER_SECOND: '100',
      OUTCRY_MAX_BYTES_PER_SECOND: '262144',
    };
    const outcry = createOutcry({ encoding: 'msgpack', settings });
    const server = scope.hold(await outcry.start(redisUrl));
    const members = scope.hold(startMembers());
    const bystanders = new Bystanders(server, members, secret);
    const { dialect } = outcry;
    const identified = (plan: ClientPlan, user: string): ClientPlan => ({
      ...plan,
      subprotocols: bystanders.subprotocolsOf(user),
    });
    const plans = planMembers(outcry, server, BYSTANDERS).map((plan, i) => identified(plan, `member-${String(i)}`));
    await members.call('open', { plans, rules: dialect.rules, sampleEvery: 10 });
    const publisher = scope.hold(startPublisher());
    await publisher.call('open', {
      plans: [identified({ url: urlOf(server), localAddress: '127.0.0.1', ...dialect.greetPublisher(0) }, 'publisher')],
      rules: dialect.rules,
      frames: [dialect.publish(stampedText(PAYLOAD_BYTES))],
    });
    await publisher.call('start', { messagesPerSecond: BYSTANDER_MESSAGES_PER_SECOND });
    await sleep(WARM_UP_MS);
    return bystanders;
  }

  /** What somebody offers who is let in. */
  subprotocolsOf(user: string): readonly string[] {
    const claims = { rooms: USER_RIGHTS };
    const token = makeToken(this.#secret, { sub: user, claims, lifetimeSeconds: TOKEN_LIFETIME_SECONDS });
    return [SUBPROTOCOLS.msgpack, BEARER_PREFIX + token];
  }

  async watch(ms: number): Promise<Calm> {
    const { pid } = this.#server;
    await this.#members.call('resetLatency', undefined);
    const [cpu, startedAt] = [mainThreadCpuSecondsOf(pid), performance.now()];
    await sleep(ms);
    const gateway = (mainThreadCpuSecondsOf(pid) - cpu) / ((performance.now() - startedAt) / 1000);
    const { p50, p99 } = await this.#members.call('latency', undefined);
    return { p50, p99, gateway };
  }
}

function urlOf({ port }: ServerProcess): string {
  return `ws://127.0.0.1:${String(port)}/ws`;
}
