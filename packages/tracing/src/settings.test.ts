import { readSettings } from '@outcry/config';
import { expect, it } from 'vitest';

import { problemsOfTraces, TRACE_SETTINGS, traceConfigOf } from './settings.ts';

it.each([
  'https://collector.example.com/v1/traces',
  'http://127.0.0.1:4318/v1/traces',
  'http://otel-collector:4318/v1/traces',
])('takes %s', (url) => {
  const settings = readSettings(TRACE_SETTINGS, { OUTCRY_TRACE_URL: url });
  expect(problemsOfTraces(settings)).toEqual([]);
  expect(traceConfigOf(settings)).toEqual({ url, maxPerSecond: 50 });
});

it.each(['http://203.0.113.1/v1/traces', 'https://user:secret@collector/', 'http://collector.example.com/'])(
  'refuses %s, where anybody could read which rooms there are, or the log a password',
  (url) => {
    const settings = readSettings(TRACE_SETTINGS, { OUTCRY_TRACE_URL: url });
    expect(problemsOfTraces(settings)).toHaveLength(1);
  },
);

it('is off unless there is a collector', () => {
  expect(traceConfigOf(readSettings(TRACE_SETTINGS, {}))).toBeUndefined();
});
