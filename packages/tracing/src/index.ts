export { type BegunTrace, MessageTracing, type TracedArrival } from './message-tracing.ts';
export { TraceMetrics, TraceSource } from './observability/trace-metrics.ts';
export { PublishTrace, type TracedQuestion } from './publish-trace.ts';
export type { RelayTrace } from './relay-trace.ts';
export { problemsOfTraces, TRACE_SETTINGS, type TraceConfig, traceConfigOf, type TraceSettings } from './settings.ts';
export { createTracing, type Tracing } from './tracing.ts';
export { MAX_TRACED_SECONDS, NO_TRACED_ROOMS, TracedRooms } from './traced-rooms.ts';
