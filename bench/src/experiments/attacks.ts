import { setTimeout as sleep } from 'node:timers/promises';

import { createCodecs } from '@outcry/protocol';

import { startAttacker } from '../generator/generator.ts';
import { encodeClientFrame, encodeFrame, Opcode } from '../generator/websocket-frame.ts';
import { BYSTANDER_MESSAGES_PER_SECOND, BYSTANDERS, Bystanders } from '../measure/bystanders.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Report, Row } from '../report/report.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const ATTACK_MS = 20_000;
const QUICK_ATTACK_MS = 3000;
/** For what is left of an attack to be cleared away. */
const REST_MS = 1500;
const MAX_RATIO = 1.2;

interface Attack {
  readonly name: string;
  readonly attackers: number;
  /** Sent at each beat. Undefined: the handshake, a byte at a time. */
  readonly bytes: Buffer | undefined;
  readonly beatMs: number;
}

const { msgpack } = createCodecs();
const BACK_MS = 100;
/** msgpack that says an array of 4 billion follows, and ends. */
const MALFORMED = encodeClientFrame(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]));
const OVERSIZED = encodeClientFrame(Buffer.alloc(60_000));
const PROTOCOL_PING = encodeClientFrame(msgpack.encodeClient({ type: 'ping', id: 1 }));
const JOINS = Array.from({ length: 10 }, (_, index) =>
  encodeClientFrame(msgpack.encodeClient({ type: 'join', room: `storm-${String(index)}`, history: 0 })),
);
/** A message in as many frames as bytes, which does not end. */
const FRAGMENTS = Buffer.concat([
  encodeFrame(Opcode.Binary, Buffer.alloc(1), { isFinal: false }),
  repeat(encodeFrame(Opcode.Continuation, Buffer.alloc(1), { isFinal: false }), 200),
]);

const ATTACKS: readonly Attack[] = [
  { name: 'malformed frames', attackers: 20, bytes: MALFORMED, beatMs: 20 },
  { name: 'oversized frames', attackers: 20, bytes: OVERSIZED, beatMs: 20 },
  { name: 'fragments without end', attackers: 20, bytes: FRAGMENTS, beatMs: 20 },
  { name: 'a flood of frames', attackers: 5, bytes: repeat(PROTOCOL_PING, 10), beatMs: 10 },
  { name: 'a flood of pings', attackers: 5, bytes: repeat(encodeFrame(Opcode.Ping, Buffer.alloc(0)), 10), beatMs: 10 },
  { name: 'a storm of joins', attackers: 5, bytes: Buffer.concat(JOINS), beatMs: 50 },
  { name: 'slow handshakes', attackers: 500, bytes: undefined, beatMs: 200 },
];

/** What clients notice who have nothing to do with an attack, of one attack after the other. */
export const ATTACKS_EXPERIMENT: Experiment = {
  name: 'attacks',
  summary: 'malformed, oversized and fragmented frames, floods, slow handshakes, and what other clients notice',
  run: (context) => Scope.run(async (scope) => createReport(await measure(scope, context))),
};

/** Each attack is compared with the quiet before and behind it: the machine changes meanwhile. */
async function measure(scope: Scope, { redisUrl, isQuick, progress }: ExperimentContext): Promise<Row[]> {
  const bystanders = await Bystanders.gather(scope, redisUrl);
  const attacker = scope.hold(startAttacker());
  const ms = isQuick ? QUICK_ATTACK_MS : ATTACK_MS;
  const rows: Row[] = [];
  let before = await bystanders.watch(ms);
  for (const { name, attackers, bytes, beatMs } of ATTACKS) {
    await attacker.call('assault', {
      url: bystanders.url,
      attackers: Array.from({ length: attackers }, (_, index) =>
        bystanders.subprotocolsOf(`attacker-${String(index)}`),
      ),
      bytes,
      beatMs,
      backMs: BACK_MS,
    });
    const attacked = await bystanders.watch(ms);
    const { connections, closed } = await attacker.call('endAssault', undefined);
    await sleep(REST_MS);
    const behind = await bystanders.watch(ms);
    const quiet = { p50: (before.p50 + behind.p50) / 2, p99: (before.p99 + behind.p99) / 2 };
    before = behind;
    const ratio = attacked.p99 / quiet.p99;
    const p50Ratio = attacked.p50 / quiet.p50;
    rows.push({ contestant: name, quiet: quiet.p99, ...attacked, p50Ratio, ratio, connections, closed });
    progress(`attacks, ${name}: p99 ${attacked.p99.toFixed(2)} ms, ${ratio.toFixed(2)} of quiet`);
  }
  return rows;
}

function createReport(rows: readonly Row[]): Report {
  return {
    title: `Attacks: ${String(BYSTANDERS)} authenticated members, ${String(BYSTANDER_MESSAGES_PER_SECOND)} messages/s`,
    columns: [
      { key: 'contestant', title: 'attack' },
      { key: 'quiet', title: 'p99 in quiet, ms' },
      { key: 'p99', title: 'p99, ms' },
      { key: 'ratio', title: 'of quiet' },
      { key: 'p50Ratio', title: 'p50 of quiet' },
      { key: 'connections', title: 'connections', digits: 0 },
      { key: 'closed', title: 'closed by the gateway', digits: 0 },
      { key: 'gateway', title: 'gateway CPU' },
    ],
    rows,
    bounds: rows.map(({ contestant, ratio }) => ({
      what: `${String(contestant)}: p99 of the others, of that in quiet`,
      limit: MAX_RATIO,
      measured: typeof ratio === 'number' ? ratio : undefined,
    })),
    chart: bars({
      title: 'p99 of authenticated members under attack',
      rows,
      value: 'p99',
      axis: 'ms (less is better)',
    }),
  };
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => bytes));
}
