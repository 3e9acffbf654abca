import { createCodecs, type Encoding, type RequestId } from '@outcry/protocol';
import { beforeEach, expect, it } from 'vitest';

import { createRefusal, PublishRefusals } from './publish-refusals.ts';

const codecs = createCodecs();
const IDS: readonly (RequestId | undefined)[] = [
  0,
  1,
  127,
  128,
  65_536,
  Number.MAX_SAFE_INTEGER,
  '',
  'a"b',
  'ä',
  undefined,
];

let refusals: PublishRefusals;
beforeEach(() => {
  refusals = new PublishRefusals(codecs);
});

it.each<Encoding>(['json', 'msgpack'])('writes in %s what the codec writes, for each id', (encoding) => {
  for (const id of IDS) {
    const encoded = refusals.encode(encoding, id);
    const refusal = codecs[encoding].decodeServer(encoded);
    expect(refusal).toMatchObject({ type: 'error', code: 'unavailable', retryable: true });
    expect(refusal).toHaveProperty('message', 'too many publishes wait for their answers; try again later');
    if (id === undefined) expect(refusal).not.toHaveProperty('id');
    else expect(refusal).toHaveProperty('id', id);
    expect(encoded).toEqual(codecs[encoding].encodeServer(refusal as never));
  }
});

it('tells few to come back at the same time', () => {
  const hints = Array.from({ length: 1000 }, () => {
    const refusal = codecs.json.decodeServer(refusals.encode('json', 1));
    return refusal !== undefined && 'retryInMs' in refusal ? refusal.retryInMs : undefined;
  });
  expect(new Set(hints).size).toBe(20);
  expect(Math.min(...hints.map(Number))).toBe(500);
  expect(Math.max(...hints.map(Number))).toBe(1450);
});

it('tells them so behind the door, too', () => {
  const hints = Array.from({ length: 1000 }, () => createRefusal().retryInMs);
  expect(new Set(hints).size).toBe(20);
});
