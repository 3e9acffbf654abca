import { createCodecs, Encoding, isRoomName, isSymbol } from '@outcry/protocol';
import { expect, it } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { SeededRandom } from '../testing/seeded-random.ts';
import { Audience } from './audience.ts';

const RUNS = 5000;
const SEED = 38;
/** What separates in topics, and what their names end with. */
const PIECES = ['/', '/j', '/m', '/0', '/10', 'j', 'm', 'r', 'b', '10', '0', '-', 'é', '#', '+'];

it('has a topic of its own for each kind, name and encoding, whatever separates in the name', () => {
  const random = new SeededRandom(SEED);
  const transport = new FakeTransport();
  const fanout = { publisher: transport, codecs: createCodecs(), metrics: new GatewayMetrics() };
  const owners = new Map<string, string>();
  for (let run = 0; run < RUNS; run++) {
    const text = Array.from({ length: 1 + random.below(4) }, () => random.pick(PIECES)).join('');
    // As rooms, and the classes of books, call their audiences.
    const names = [
      ...(isRoomName(text) ? ['r', 'p'].map((kind) => [kind, text] as const) : []),
      ...(isSymbol(text)
        ? ['b', 'c', 's'].map((kind) => [kind, `${text}/${random.pick(['0', '10'])}/0`] as const)
        : []),
    ];
    for (const [kind, name] of names) {
      for (const encoding of Object.values(Encoding)) {
        const socket = transport.connect(encoding);
        new Audience(kind, name, fanout).add({ socket, encoding });
        const [topic = ''] = socket.topics;
        const owner = JSON.stringify([kind, name, encoding]);
        expect(owners.get(topic) ?? owner, topic).toBe(owner);
        owners.set(topic, owner);
      }
    }
  }
  expect(owners.size).toBeGreaterThan(RUNS / 5);
});
