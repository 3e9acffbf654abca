import { expect, it } from 'vitest';

import { problemsOfOrigins } from './settings.ts';

it.each([
  '*',
  'https://example.com',
  'http://localhost:5173,https://a.example:8443,capacitor://localhost,chrome-extension://abc',
])('takes origins as pages say them: %s', (origins) => {
  expect(problemsOfOrigins({ OUTCRY_ORIGINS: origins })).toEqual([]);
});

it.each([
  ['https://*.example.com', 'https://*.example.com is no origin: name each of them, or `*` alone for any page'],
  ['https://example.org:443', 'https://example.org:443 is never sent: expected https://example.org'],
  ['https://b\u00fccher.example', 'https://b\u00fccher.example is never sent: expected https://xn--bcher-kva.example'],
  ['https://a.example,http://h:99999', 'http://h:99999 is never sent: it is no URL'],
])('refuses what no page is ever from: %s', (origins, problem) => {
  expect(problemsOfOrigins({ OUTCRY_ORIGINS: origins })).toEqual([`OUTCRY_ORIGINS: ${problem}`]);
});
