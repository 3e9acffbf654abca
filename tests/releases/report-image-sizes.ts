import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

import { DOCKERFILE, ROOT } from '../support/release-versions.ts';

// npm run images:size [-- <what docker build takes>…]
//
// Builds the image of each service, and says how large it is, and how much of that is not the base image's.

const MIB = 1024 ** 2;
const BASE = 'runtime';
const OTHERS = ['manifests', 'build', BASE];

function docker(...words: readonly string[]): string {
  return execFileSync('docker', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** In MiB, with all layers. */
function sizeOf(image: string): number {
  return Number(docker('image', 'inspect', '--format', '{{.Size}}', image)) / MIB;
}

const stages = [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^FROM (?:--\S+ )?(\S+) AS (\S+)$/gm)];
const base = stages.find(([, , stage]) => stage === BASE)?.[1] ?? '';
const services = stages.flatMap(([, , stage = '']) => (OTHERS.includes(stage) ? [] : [stage]));
const baseSize = sizeOf(base);
console.log(`${base}: ${baseSize.toFixed(1)} MiB`);
for (const service of services) {
  const tag = `outcry-size/${service}`;
  docker('build', '--quiet', ...argv.slice(2), '--file', DOCKERFILE, '--target', service, '--tag', tag, '.');
  console.log(`${service}: ${(sizeOf(tag) - baseSize).toFixed(1)} MiB more`);
}
