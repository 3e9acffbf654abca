import { OutcryError } from '@outcry/client';
import { expect, it } from 'vitest';

import { causeWithoutConnection } from './session.ts';

it('says why there is no connection, where a request had no answer for that, and nothing else', () => {
  const explain = (): string => 'ws://a/ws: no answer within 1 s';
  const silent = new OutcryError('timedOut', 'no answer within the time limit');
  expect(causeWithoutConnection(silent, explain)).toMatchObject({ message: explain(), exitCode: 3 });
  const refused = new OutcryError('badRequest', 'room: expected a name');
  expect(causeWithoutConnection(refused, explain)).toBe(refused);
});
