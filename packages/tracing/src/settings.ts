import { integer, optionalText, type SettingValues } from '@outcry/config';
import { isHookUrl, URL_TEXT } from '@outcry/webhook';

/** Traces of messages: docs/OPERATIONS.md. */
export const TRACE_SETTINGS = {
  OUTCRY_TRACE_URL: optionalText(URL_TEXT, {
    meaning:
      'A collector of OpenTelemetry, by OTLP/HTTP in JSON (`http://collector:4318/v1/traces`): what happens to messages that come with a sampled `traceparent` is told there. Unset: nowhere, and it costs nothing.',
  }),
  OUTCRY_TRACE_MAX_PER_SECOND: integer({
    meaning:
      'Messages that one process traces in a second: so many of clients, so many of the server API, so many of rooms that are traced, so many that it relays; a quarter of them of one connection. What is over is published untraced.',
    min: 1,
    max: 10_000,
    default: 50,
  }),
} as const;

export type TraceSettings = SettingValues<typeof TRACE_SETTINGS>;

export interface TraceConfig {
  readonly url: string;
  readonly maxPerSecond: number;
}

/** Undefined where nobody is told. */
export function traceConfigOf(settings: TraceSettings): TraceConfig | undefined {
  const { OUTCRY_TRACE_URL: url, OUTCRY_TRACE_MAX_PER_SECOND: maxPerSecond } = settings;
  return url === undefined ? undefined : { url, maxPerSecond };
}

/** Names of rooms are in what is told, so it does not go through the open internet unencrypted. */
export function problemsOfTraces({ OUTCRY_TRACE_URL: url }: TraceSettings): readonly string[] {
  if (url === undefined || isHookUrl(url, { mayBePlain: true })) return [];
  return [`OUTCRY_TRACE_URL: expected ${TRACE_URL_WORDS}`];
}

const TRACE_URL_WORDS =
  'an https URL without a user and a fragment, or an http one of this host or its private network';
