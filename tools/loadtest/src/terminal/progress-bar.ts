import { styleText } from 'node:util';

import { createLogUpdate } from 'log-update';

import type { Plan } from '../plan/plan.ts';
import { type Progress, type ProgressObserver, Phase } from '../run/progress-observer.ts';
import { formatBytesPerSecond, formatCount, formatMs, formatRate, formatShare } from '../format.ts';

const BAR_WIDTH = 30;
const REFRESH_MS = 100;
const MS_PER_SECOND = 1000;
const MAX_EVENT_LOOP = 0.85;

/** A bar with live figures, on a terminal that can redraw. */
export class ProgressBar implements ProgressObserver {
  readonly #plan: Plan;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = Phase.Connecting;
  #enteredAt = performance.now();
  #progress: Progress | undefined;

  constructor(plan: Plan, stream: NodeJS.WriteStream) {
    this.#plan = plan;
    this.#draw = createLogUpdate(stream);
    this.#timer = setInterval(() => {
      this.#render();
    }, REFRESH_MS);
  }

  entered(phase: Phase): void {
    this.#phase = phase;
    this.#enteredAt = performance.now();
    this.#render();
  }

  sampled(progress: Progress): void {
    this.#progress = progress;
  }

  ended(): void {
    clearInterval(this.#timer);
    this.#draw.clear();
    this.#draw.done();
  }

  #render(): void {
    this.#draw([this.#barLine(), ...(this.#progress === undefined ? [] : figures(this.#progress))].join('\n'));
  }

  #barLine(): string {
    const elapsedMs = performance.now() - this.#enteredAt;
    const seconds = (ms: number): string => `${(ms / MS_PER_SECOND).toFixed(0)} s`;
    const { scenario, durationMs, connections } = this.#plan;
    const name = styleText('bold', scenario);
    switch (this.#phase) {
      case Phase.Connecting: {
        const connected = this.#progress?.point.connected ?? 0;
        return `${name}  ${bar(connected / connections)}  connecting ${formatCount(connected)} of ${formatCount(connections)}`;
      }
      case Phase.Loading: {
        const left = seconds(Math.max(0, durationMs - elapsedMs));
        return `${name}  ${bar(elapsedMs / durationMs)}  ${seconds(elapsedMs)} of ${seconds(durationMs)}, ${left} left`;
      }
      case Phase.Settling:
        return `${name}  ${bar(1)}  waiting for the last messages, ${seconds(elapsedMs)}`;
    }
  }
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `${styleText('yellow', '━'.repeat(filled))}${styleText('dim', '─'.repeat(BAR_WIDTH - filled))}`;
}

function figures({ point, tally }: Progress): readonly string[] {
  const dim = (text: string): string => styleText('dim', text);
  const { connected, publishedPerSecond, deliveredPerSecond, bytesPerSecond, p50, p99, max, eventLoop } = point;
  const latency = [p50, p99, max].map(formatMs).join(' / ');
  const busy = formatShare(eventLoop);
  const lines = [
    `  ${dim('connections')} ${formatCount(connected)}   ${dim('published')} ${formatRate(publishedPerSecond)}/s   ` +
      `${dim('delivered')} ${formatRate(deliveredPerSecond)}/s   ${dim('received')} ${formatBytesPerSecond(bytesPerSecond)}`,
    `  ${dim('p50 / p99 / max')} ${latency}   ${dim('generator')} ${eventLoop > MAX_EVENT_LOOP ? styleText('red', busy) : busy}`,
  ];
  const [worst] = [...tally.errors].sort(([, a], [, b]) => b - a);
  if (worst === undefined) return lines;
  return [...lines, `  ${styleText('red', `${formatCount(tally.errorCount)} errors`)}, most often: ${worst[0]}`];
}
