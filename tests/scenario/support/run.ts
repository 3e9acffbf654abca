import {
  checkMessages,
  type LoggedPosition,
  type LoggedPublish,
  MessageHistory,
  type MessageVerdict,
} from '@outcry/testkit';

import { eventually } from '../../support/eventually.ts';
import { Member } from './member.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { Random } from '../../support/random.ts';
import { SEED } from './scale.ts';
import type { System, SystemNode } from './system.ts';

const JOIN_DEADLINE_MS = 30_000;

export interface MemberPlan {
  readonly room: string;
  /** Where it connects each time; any gateway unless said otherwise. */
  readonly at?: SystemNode;
  readonly wantsPresence?: boolean;
}

/** Clients over a system, and what they were told. Dispose ends the clients. */
export class Run implements Disposable {
  readonly random = new Random(SEED);
  readonly history = new MessageHistory();
  readonly members: Member[] = [];
  readonly publishers: Publisher[] = [];
  readonly #system: System;
  readonly #heads = new Map<string, LoggedPosition>();
  #acknowledged = 0;

  constructor(system: System) {
    this.#system = system;
  }

  /** Messages of all publishers. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  member({ room, at, ...plan }: MemberPlan): Member {
    const user = `user-${String(this.members.length)}`;
    const log = this.history.openLog({ client: user, room });
    const member = new Member({ user, room, log, url: this.#urls(at), random: this.random, ...plan });
    this.members.push(member);
    return member;
  }

  /** `count` members of each room, spread over the gateways evenly. */
  spread(rooms: readonly string[], count: number): void {
    const { nodes } = this.#system;
    for (const [r, room] of rooms.entries()) {
      for (let i = 0; i < count; i++) {
        const at = nodes[(r + i) % nodes.length];
        if (at !== undefined) this.member({ room, at });
      }
    }
  }

  publisher({
    at,
    ...plan
  }: Pick<PublisherOptions, 'rooms' | 'rate' | 'maxPending'> & { at?: SystemNode; attempts?: number }): Publisher {
    const publisher = new Publisher({
      name: `publisher-${String(this.publishers.length)}`,
      url: this.#urls(at),
      random: this.random,
      attempts: Infinity,
      ...plan,
      onSettled: (publish) => {
        this.#settle(publish);
      },
    });
    this.publishers.push(publisher);
    return publisher;
  }

  /** Resolves when everybody is in. */
  async untilJoined(): Promise<void> {
    await eventually(() => this.members.every(({ isFresh }) => isFresh) && this.publishers.every((p) => p.isReady), {
      deadlineMs: JOIN_DEADLINE_MS,
      describe: () => `${String(this.members.filter(({ isFresh }) => !isFresh).length)} members are not in`,
    });
  }

  /**
   * Resolves when nobody is stale and everybody who has not left has what was acknowledged until now; with how long that took. What
   * was acknowledged in a numbering that is over then is had by nobody: in its room it goes by the first that is acknowledged in the
   * next one.
   */
  untilWhole(deadlineMs: number): Promise<number> {
    const heads = new Map(this.#heads);
    const members = this.members.filter(({ log }) => !log.hasLeft);
    const isWhole = (member: Member): boolean => {
      const head = heads.get(member.room);
      if (head === undefined) return member.isFresh;
      const newest = this.#heads.get(member.room) ?? head;
      if (newest.epoch !== head.epoch) heads.set(member.room, newest);
      return member.isFresh && member.has(newest.epoch === head.epoch ? head : newest);
    };
    return eventually(() => members.every(isWhole), {
      deadlineMs,
      describe: () => {
        const late = members.filter((member) => !isWhole(member));
        const shown = late.slice(0, 3).map((member) => this.#describe(member, heads.get(member.room)));
        return `${String(late.length)} members are not whole: ${shown.join('; ')}`;
      },
    });
  }

  async stopPublishing(): Promise<void> {
    await Promise.all(this.publishers.map((publisher) => publisher.stop()));
  }

  judge(): MessageVerdict {
    return checkMessages(this.history);
  }

  [Symbol.dispose](): void {
    for (const publisher of this.publishers) publisher.end();
    for (const member of this.members) member.cut();
  }

  #settle(publish: LoggedPublish): void {
    this.history.published(publish);
    const { room, outcome } = publish;
    if (outcome.kind !== 'ok') return;
    this.#acknowledged += 1;
    const head = this.#heads.get(room);
    if (head?.epoch !== outcome.epoch || head.seq < outcome.seq) this.#heads.set(room, outcome);
  }

  #urls(at: SystemNode | undefined): () => string {
    return () => (at ?? this.random.pick(this.#system.nodes)).gateway.url;
  }

  #describe({ user, room, node, position, isFresh }: Member, head: LoggedPosition | undefined): string {
    const [held, wanted] = [position, head].map((at) =>
      at === undefined ? 'nothing' : `${at.epoch}:${String(at.seq)}`,
    );
    return `${user} in ${room} at ${node} has ${held ?? ''} of ${wanted ?? ''}${isFresh ? '' : ', not fresh'}`;
  }
}

export function roomNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `room-${String(i)}`);
}
