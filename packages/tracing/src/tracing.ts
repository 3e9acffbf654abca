import { type Logger, VERSION } from '@outcry/service';

import { MessageTracing } from './message-tracing.ts';
import type { TraceMetrics } from './observability/trace-metrics.ts';
import type { TraceConfig } from './settings.ts';
import { SpanExporter } from './span-exporter.ts';
import { SpanRecorder } from './span-recorder.ts';
import { TraceBudget } from './trace-budget.ts';
import { TracedRooms } from './traced-rooms.ts';

export interface TracingParts {
  /** As collectors know it: `outcry-gateway`, say. */
  readonly service: string;
  readonly instance: string;
  readonly metrics: TraceMetrics;
  /** Of the rule that holds in a room. */
  readonly patternOf: (room: string) => string;
  readonly logger: Logger;
}

export interface Tracing {
  readonly messages: MessageTracing;
  /** Whose messages are traced for a while. */
  readonly rooms: TracedRooms;
  /** Sends what waits, if that can be done in short. Never rejects. */
  close(): Promise<void>;
}

/** Undefined where nobody is told of traces: then nothing is made, and nobody asks. */
export function createTracing(config: TraceConfig | undefined, parts: TracingParts): Tracing | undefined {
  if (config === undefined) return undefined;
  const { service, instance, metrics, patternOf, logger } = parts;
  const resource = { service, instance, version: VERSION };
  const exporter = new SpanExporter({ url: config.url, resource, metrics, logger });
  const spans = new SpanRecorder((span) => {
    exporter.add(span);
  });
  const messages = new MessageTracing({ spans, metrics, patternOf, budget: new TraceBudget(config.maxPerSecond) });
  const rooms = new TracedRooms(messages);
  return {
    messages,
    rooms,
    close: () => {
      rooms.close();
      return exporter.close();
    },
  };
}
