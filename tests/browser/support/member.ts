import { type LoggedPosition, type LoggedPublish, type MemberLog, payloadHash } from '@outcry/testkit';
import type { CDPSession, Page } from 'playwright-core';

import type { PageNews, PageProgram, PageReport, Settlement } from '../page/contract.ts';
import { Changes } from './changes.ts';

const SHOWN_REPORTS = 12;

/** Reports of a kind. */
export type ReportOf<K extends PageNews['kind']> = PageReport & { readonly kind: K };

export interface MemberParts {
  readonly name: string;
  readonly page: Page;
  readonly openLog: (room: string) => MemberLog;
  readonly onPublished: (publish: LoggedPublish) => void;
}

/** A page with the client library in it: what it was told, room by room, and what it said of itself. */
export class Member {
  readonly name: string;
  readonly page: Page;
  readonly #parts: MemberParts;
  readonly #changes = new Changes();
  readonly #reports: PageReport[] = [];
  readonly #logs = new Map<string, MemberLog>();
  readonly #positions = new Map<string, LoggedPosition>();
  #heard = 0;
  #cdp: Promise<CDPSession> | undefined;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.page = parts.page;
  }

  /** Everything of a kind, in order. */
  all<K extends PageNews['kind']>(kind: K): readonly ReportOf<K>[] {
    return this.#reports.filter((report): report is ReportOf<K> => report.kind === kind);
  }

  last<K extends PageNews['kind']>(kind: K): ReportOf<K> | undefined {
    return this.#reports.findLast((report): report is ReportOf<K> => report.kind === kind);
  }

  /** How many reports there were: what comes from here on is `since` this. */
  get mark(): number {
    return this.#reports.length;
  }

  /** Of a kind, behind a mark. */
  since<K extends PageNews['kind']>(mark: number, kind: K): readonly ReportOf<K>[] {
    return this.#reports.slice(mark).filter((report): report is ReportOf<K> => report.kind === kind);
  }

  get isConnected(): boolean {
    return this.last('status')?.state === 'connected';
  }

  /** How many messages came. */
  get heard(): number {
    return this.#heard;
  }

  /** How often its connection was lost. */
  get losses(): number {
    const states = this.all('status').map(({ state }) => state);
    return states.filter((state, i) => state === 'reconnecting' && states[i - 1] === 'connected').length;
  }

  has(room: string, { epoch, seq }: LoggedPosition): boolean {
    const held = this.#positions.get(room);
    return held?.epoch === epoch && held.seq >= seq;
  }

  /** What requests of a kind came to. */
  settled(what: Settlement['what']): readonly ReportOf<'settled'>[] {
    return this.all('settled').filter((report) => report.what === what);
  }

  /** Looked at whenever the page says something. */
  until(isTrue: () => boolean, what: string, deadlineMs?: number): Promise<void> {
    return this.#changes.until(isTrue, () => `${this.name}: ${what}; ${this.#describe()}`, deadlineMs);
  }

  /** Resolves when so many requests have been answered since it joined; rejects where one has failed. */
  async untilAnswered(count: number): Promise<void> {
    await this.until(() => this.all('settled').length > count, `has not ${String(count)} answers`);
    const failed = this.all('settled').filter(({ error }) => error !== undefined);
    if (failed.length > 0) throw new Error(`${this.name} was refused: ${JSON.stringify(failed)}`);
  }

  /** Calls the page's program. */
  async do<K extends keyof PageProgram>(
    method: K,
    ...args: Parameters<PageProgram[K]>
  ): Promise<Awaited<ReturnType<PageProgram[K]>>> {
    // What goes over is JSON, whatever its type is here.
    const result: unknown = await this.page.evaluate(
      ([name, given]) => {
        const { outcry } = globalThis as unknown as {
          readonly outcry: Record<string, (...all: readonly unknown[]) => unknown>;
        };
        return outcry[name]?.(...given);
      },
      [method, args] as const satisfies readonly [string, readonly unknown[]],
    );
    return result as Awaited<ReturnType<PageProgram[K]>>;
  }

  /** The page's own debugger, for what only that can do to it. */
  get cdp(): Promise<CDPSession> {
    this.#cdp ??= this.page.context().newCDPSession(this.page);
    return this.#cdp;
  }

  async goOffline(): Promise<void> {
    await this.#setOffline(true);
  }

  async goOnline(): Promise<void> {
    await this.#setOffline(false);
  }

  /** As a laptop tells that goes from one network to another. */
  async tellNetworkChange(): Promise<void> {
    await this.page.evaluate(() => {
      (navigator as unknown as { readonly connection: EventTarget }).connection.dispatchEvent(new Event('change'));
    });
  }

  async #setOffline(offline: boolean): Promise<void> {
    const session = await this.cdp;
    const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await session.send('Network.emulateNetworkConditions', { offline, ...unlimited });
  }

  /** What the page has told, as the binding gives it. */
  take(reports: readonly PageReport[]): void {
    for (const report of reports) {
      this.#reports.push(report);
      this.#log(report);
    }
    this.#changes.tell();
  }

  #log(report: PageReport): void {
    switch (report.kind) {
      case 'joined': {
        const { room, position, node, isRecovered: recovered } = report;
        this.#positions.set(room, position);
        this.#logOf(room).joined({ ...position, node, recovered });
        return;
      }
      case 'gap':
        this.#positions.set(report.room, report.position);
        this.#logOf(report.room).reset(report.position);
        return;
      case 'message': {
        this.#heard += 1;
        const { room, seq, data } = report;
        const { epoch = '' } = this.#positions.get(room) ?? {};
        this.#positions.set(room, { epoch, seq });
        this.#logOf(room).message(seq, payloadHash(data));
        return;
      }
      case 'stale':
      case 'fresh':
        this.#logOf(report.room)[report.kind]();
        return;
      case 'settled':
        this.#settle(report);
        return;
      default:
    }
  }

  #settle({ what, room, text, position, error }: Settlement): void {
    if (what !== 'publish') return;
    const kind = error === 'timedOut' || error === 'disconnected' ? 'unknown' : 'failed';
    const outcome = position === undefined ? ({ kind } as const) : ({ kind: 'ok', ...position } as const);
    this.#parts.onPublished({ publisher: this.name, room, key: text, hash: payloadHash(text), outcome });
  }

  #logOf(room: string): MemberLog {
    const known = this.#logs.get(room);
    if (known !== undefined) return known;
    const log = this.#parts.openLog(room);
    this.#logs.set(room, log);
    return log;
  }

  #describe(): string {
    const shown = this.#reports.slice(-SHOWN_REPORTS).map((report) => JSON.stringify(report).slice(0, 300));
    return `${String(this.#reports.length)} reports, the last:\n  ${shown.join('\n  ')}`;
  }
}
