import { expect, test } from 'vitest';

import { chooseEncoding } from './index.ts';

test.each([
  [['outcry.v1.json'], 'json'],
  [['outcry.v1.msgpack'], 'msgpack'],
  [['outcry.v1.msgpack', 'outcry.v1.json'], 'msgpack'],
  [['bearer.ann', 'chat', 'outcry.v1.json', 'outcry.v1.msgpack'], 'json'],
  [[], undefined],
  [['bearer.outcry.v1.json'], undefined],
  [['outcry.v2.json', 'OUTCRY.V1.JSON', 'json'], undefined],
])('of %j the first known one decides: %s', (offered, encoding) => {
  expect(chooseEncoding(offered)).toBe(encoding);
});
