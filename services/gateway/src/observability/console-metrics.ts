import { ERROR_CODES } from '@outcry/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';

import { CLOSE_CODE_LABELS, closeCodeLabel } from './close-code-label.ts';
import { LABEL_VALUES } from './label-values.ts';

/** What is counted of those who look. Labels are bounded: outcomes, error codes, close codes. */
export class ConsoleMetrics {
  readonly asks: Counter;
  readonly messages: Counter;
  readonly refusals: Counter;
  readonly errors: Counter;
  readonly #closes: Counter;
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.asks = this.#counter('asks_total', {
      help: 'Questions that rooms of the console asked the cluster, by what came of them: an answer that differs from the one before (changed) or does not (same), none (refused), or one that nobody waited for any more (gone).',
      ...{ label: 'outcome', values: LABEL_VALUES.consoleAsks },
    });
    this.messages = this.#counter('messages_total', {
      help: 'Answers for those who look, each viewer counted: sent, or left out because they had not read those before (conflated).',
      ...{ label: 'outcome', values: LABEL_VALUES.consoleMessages },
    });
    this.refusals = this.#counter('refusals_total', {
      help: 'WebSockets of the console that were not opened: of another page (origin), not one of this protocol (handshake), or with as many open as may be (sockets).',
      ...{ label: 'why', values: LABEL_VALUES.consoleRefusals },
    });
    this.errors = this.#counter('errors_total', {
      help: 'Error frames sent to those who look, by code.',
      ...{ label: 'code', values: Object.keys(ERROR_CODES) },
    });
    this.#closes = this.#counter('closes_total', {
      help: 'WebSockets of the console that ended, by close code.',
      ...{ label: 'code', values: CLOSE_CODE_LABELS },
    });
  }

  countClose(code: number): void {
    this.#closes.labels(closeCodeLabel(code)).inc();
  }

  /** Gauges that are read when they are asked for. */
  observe(sources: { readonly sockets: () => number; readonly rooms: () => number }): void {
    this.#read('sockets', 'WebSockets of the console that are open.', sources.sockets);
    this.#read('rooms', 'Rooms of the console that somebody is in: each is asked for.', sources.rooms);
  }

  #read(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `outcry_gateway_console_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #counter(
    name: string,
    { help, label, values }: { readonly help: string; readonly label: string; readonly values: readonly string[] },
  ): Counter {
    const registers = [this.#registry];
    const counter = new Counter({ name: `outcry_gateway_console_${name}`, help, labelNames: [label], registers });
    for (const value of values) counter.labels(value).inc(0);
    return counter;
  }
}
