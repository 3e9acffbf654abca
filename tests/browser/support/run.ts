import {
  checkMessages,
  type LoggedPosition,
  type LoggedPublish,
  MessageHistory,
  type MessageVerdict,
} from '@outcry/testkit';
import type { BrowserContext } from 'playwright-core';

import type { PageJoinOptions, PageOptions, PageReport } from '../page/contract.ts';
import { installClock } from './clock.ts';
import { Member } from './member.ts';
import { DEADLINE_MS } from './scale.ts';
import { Speaker } from './speaker.ts';
import type { Stage } from './stage.ts';

/** What the library's promises hold for alike. */
export const ENCODINGS = ['msgpack', 'json'] as const;

/** For waits that are short, so that nothing is waited for in vain. */
const QUICK: PageOptions['settings'] = { backoff: { baseMs: 100, maxMs: 500 }, maxFramesPerSecond: 0 };

export interface MemberOptions extends PageJoinOptions {
  readonly settings?: PageOptions['settings'];
  /** How far the page's clock is ahead of everybody else's. */
  readonly clockAheadMs?: number;
  /** What the page's `Math.random` always gives. */
  readonly random?: number;
  readonly token?: string;
}

let runs = 0;

/** The clients of one test, and everything that they were told. Dispose closes their pages and heals what was inflicted. */
export class Run implements AsyncDisposable {
  /** A room of the run's own. */
  readonly room: string;
  readonly members: Member[] = [];
  readonly #stage: Stage;
  readonly #encoding: (typeof ENCODINGS)[number];
  readonly #history = new MessageHistory();
  readonly #heads = new Map<string, LoggedPosition>();
  readonly #speakers: Speaker[] = [];

  constructor(stage: Stage, encoding: (typeof ENCODINGS)[number]) {
    runs += 1;
    this.room = `room-${String(runs)}`;
    this.#stage = stage;
    this.#encoding = encoding;
  }

  /** A tab with the client library, in a room. Resolves when it is joined. */
  async member(name: string, options: MemberOptions = {}): Promise<Member> {
    const { settings, history, isSealed, token = this.#stage.tokenOf(name) } = options;
    const member = await this.visit(name, options);
    await member.do('open', {
      urls: this.#stage.urls,
      token,
      settings: { ...QUICK, encoding: this.#encoding, ...settings },
    });
    await member.do('join', this.room, { ...(history === undefined ? {} : { history }), isSealed: isSealed ?? false });
    await member.untilAnswered(0);
    return member;
  }

  /** A tab whose client is not begun. */
  async visit(name: string, { clockAheadMs = 0, random }: MemberOptions = {}): Promise<Member> {
    const page = await this.window.newPage();
    const member = new Member({
      name,
      page,
      openLog: (room) => this.#history.openLog({ client: name, room }),
      onPublished: (publish) => {
        this.#settle(publish);
      },
    });
    this.members.push(member);
    await page.exposeBinding('tellTest', (_, reports: string) => {
      member.take(JSON.parse(reports) as readonly PageReport[]);
    });
    await page.addInitScript(installClock, clockAheadMs);
    if (random !== undefined) {
      await page.addInitScript((always) => {
        Math.random = () => always;
      }, random);
    }
    await page.goto(this.#stage.site.origin);
    return member;
  }

  /** One who publishes to the room, past every proxy. */
  async speaker(): Promise<Speaker> {
    const { room } = this;
    const name = `speaker-${String(this.#speakers.length)}`;
    const speaker = await Speaker.start({
      name,
      url: this.#stage.gateway.url,
      token: this.#stage.tokenOf(name),
      room,
      log: this.#history.openLog({ client: name, room }),
      onPublished: (publish) => {
        this.#settle(publish);
      },
    });
    this.#speakers.push(speaker);
    return speaker;
  }

  /** Resolves when everybody has what was acknowledged until now. */
  async untilWhole(deadlineMs = DEADLINE_MS): Promise<void> {
    const { room } = this;
    const head = this.#heads.get(room);
    if (head === undefined) throw new Error(`nothing was published to ${room}`);
    for (const member of this.members) {
      await member.until(() => member.has(room, head), `does not have ${room} ${String(head.seq)}`, deadlineMs);
    }
    await Promise.all(this.#speakers.map((speaker) => speaker.untilHas(head)));
  }

  get head(): LoggedPosition | undefined {
    return this.#heads.get(this.room);
  }

  judge(): MessageVerdict {
    return checkMessages(this.#history);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const speaker of this.#speakers) speaker[Symbol.dispose]();
    await Promise.all(this.window.pages().map((page) => page.close()));
    await this.#stage.heal();
  }

  /** The browser's window, for tabs of other sites. */
  get window(): BrowserContext {
    return this.#stage.chromium.window;
  }

  #settle(publish: LoggedPublish): void {
    this.#history.published(publish);
    const { room, outcome } = publish;
    if (outcome.kind !== 'ok') return;
    const head = this.#heads.get(room);
    if (head?.epoch !== outcome.epoch || head.seq < outcome.seq) this.#heads.set(room, outcome);
  }
}
