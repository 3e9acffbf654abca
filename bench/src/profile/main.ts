import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';

import { Encoding } from '@outcry/protocol';
import { hasRedisServer, RedisProcess, startRedis } from '@outcry/testkit';
import { parse, View } from 'vega';

import { createOutcry } from '../contestants/outcry.ts';
import { Scope } from '../measure/scope.ts';
import { runTrial } from '../measure/trial.ts';
import { drawFlameGraph, layOut } from './flame-graph.ts';

const FOLDER = fileURLToPath(new URL('../../../artifacts/profile/', import.meta.url));
const MEMBERS = 300;
const MESSAGES_PER_SECOND = 1000;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const contestant = createOutcry({
  encoding: Encoding.Msgpack,
  nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${FOLDER}`, '--cpu-prof-interval=250'],
});
process.stdout.write(`a gateway with ${String(MEMBERS)} members, ${String(MESSAGES_PER_SECOND)} messages/s …\n`);
await Scope.run(async (scope) => {
  const redis = scope.hold(hasRedisServer() ? await RedisProcess.start() : await startRedis());
  await runTrial(contestant, {
    redisUrl: redis.url,
    members: MEMBERS,
    messagesPerSecond: MESSAGES_PER_SECOND,
    payloadBytes: 150,
    warmUpMs: 2000,
    measureMs: 10_000,
    publishesElsewhere: false,
    endsServersGently: true,
  });
});
const file = readdirSync(FOLDER).find((name) => name.endsWith('.cpuprofile'));
if (file === undefined) throw new Error('the gateway has left no profile behind');
const profile = JSON.parse(readFileSync(FOLDER + file, 'utf8')) as Profiler.Profile;
const title = `Gateway, ${String(MEMBERS)} members × ${String(MESSAGES_PER_SECOND)} messages/s: JavaScript only, what is idle or written by uWebSockets.js left out`;
const svg = await new View(parse(drawFlameGraph(layOut(profile), title)), { renderer: 'none' }).toSVG();
writeFileSync(`${FOLDER}gateway.svg`, svg);
process.stdout.write(`${FOLDER}gateway.svg\n${FOLDER}${file}\n`);
