import { pino } from 'pino';

import type { FeedTiming } from '../feed/frame-sender.ts';
import { createFeedPublisher, type FeedPublisher } from '../publisher.ts';
import type { BookSource } from '../sources/book-source.ts';
import { ScriptedBus } from './scripted-bus.ts';
import { ScriptedLeases } from './scripted-leases.ts';
import { ScriptedSource, snapshotEvent } from './scripted-source.ts';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly symbol?: string;
  readonly reason?: string;
  readonly err?: { readonly message: string };
}

/** A publisher of two books, AAA and BBB, that is alone; with everything around it in the hands of a test. */
export class ScriptedPublisher {
  readonly bus = new ScriptedBus();
  readonly leases = new ScriptedLeases();
  readonly source = new ScriptedSource('AAA', 'BBB');
  log: LogLine[] = [];
  #publisher: FeedPublisher | undefined;

  /** @param source Instead of the scripted one. */
  create(timing: Partial<FeedTiming> = {}, source: BookSource = this.source): FeedPublisher {
    return createFeedPublisher({
      source,
      backplane: { feedBus: this.bus, lease: this.leases, roster: this.leases },
      timing: { deltaMs: 0, snapshotMs: 2000, ...timing },
      logger: pino({ base: null }, { write: (line) => this.log.push(JSON.parse(line) as LogLine) }),
      hasProcessMetrics: false,
    });
  }

  /** Resolves when both books have been given; whatever follows needs the test to let the time go by. */
  async start(timing: Partial<FeedTiming> = {}): Promise<void> {
    this.#publisher = this.create(timing);
    await this.#publisher.start();
    this.source.give('AAA', snapshotEvent(1));
    this.source.give('BBB', snapshotEvent(1));
  }

  async stop(): Promise<void> {
    await this.#publisher?.stop();
  }

  notReady(): string | undefined {
    return this.#publisher?.notReady();
  }

  /** Of the first of that name and symbol. */
  async metric(name: string, symbol: string): Promise<number | undefined> {
    const text = (await this.#publisher?.exposeMetrics()) ?? '';
    const match = new RegExp(`^outcry_feed_publisher_${name}\\{symbol="${symbol}"[^}]*\\} (\\d+)$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]);
  }
}
