import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';

import { Encoding } from '@outcry/protocol';
import { hasRedisServer, RedisProcess, startRedis } from '@outcry/testkit';
import { parse, View } from 'vega';

import { createOutcry } from '../contestants/outcry.ts';
import { Scope } from '../measure/scope.ts';
import { runTrial } from '../measure/trial.ts';
import { cut, drawFlameGraph, layOut } from './flame-graph.ts';

const FOLDER = fileURLToPath(new URL('../../../artifacts/profile/', import.meta.url));
const MESSAGES_PER_SECOND = 1000;
const MEASURE_MS = 10_000;
/** Behind what is measured a gateway ends, which is not looked at. */
const END_MS = 2000;
/** What is looked at: messages that many get, and messages that few get. */
const LOADS = [
  { name: 'fanout', members: 300 },
  { name: 'publish', members: 10 },
] as const;

rmSync(FOLDER, { recursive: true, force: true });
for (const load of LOADS) await profile(load);

async function profile({ name, members }: (typeof LOADS)[number]): Promise<void> {
  const load = `${String(members)} members × ${String(MESSAGES_PER_SECOND)} messages/s`;
  process.stdout.write(`${name}: a gateway with ${load} …\n`);
  const file = await record(`${FOLDER}${name}/`, members);
  const title = `Gateway, ${load}: JavaScript only, what is idle or written by uWebSockets.js left out`;
  const whole = JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile;
  const boxes = layOut(cut(whole, { fromMs: MEASURE_MS, toMs: END_MS }));
  const svg = await new View(parse(drawFlameGraph(boxes, title)), { renderer: 'none' }).toSVG();
  writeFileSync(`${FOLDER}${name}.svg`, svg);
  process.stdout.write(`${FOLDER}${name}.svg\n${file}\n`);
}

/** The profile that V8 has written when the gateway ends. */
async function record(folder: string, members: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const contestant = createOutcry({
    encoding: Encoding.Msgpack,
    nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250'],
  });
  await Scope.run(async (scope) => {
    const redis = scope.hold(hasRedisServer() ? await RedisProcess.start() : await startRedis());
    await runTrial(contestant, {
      redisUrl: redis.url,
      members,
      messagesPerSecond: MESSAGES_PER_SECOND,
      payloadBytes: 150,
      measureMs: MEASURE_MS,
      publishesElsewhere: false,
      endsServersGently: true,
    });
  });
  const file = readdirSync(folder).find((entry) => entry.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the gateway has left no profile behind');
  return folder + file;
}
