import { readFile } from 'node:fs/promises';

import { type Encoding, Encoding as Encodings } from '@outcry/protocol';

import { type Invocation, STANDARD_OUTPUT } from '../cli/invocation.ts';
import { createPlan } from '../plan/create-plan.ts';
import { type Access, EncodingMix, type Plan } from '../plan/plan.ts';
import { Scenario } from '../plan/scenario.ts';
import { checkFileDescriptors } from '../preflight/file-descriptors.ts';
import { checkOutputFile } from '../preflight/output-files.ts';
import { probe, type Probed } from '../preflight/probe.ts';
import { UsageError } from '../preflight/usage-error.ts';

export interface Prepared {
  readonly access: Access;
  readonly plans: readonly Plan[];
  /** The gateways behind the URLs, as they name themselves. */
  readonly nodes: readonly string[];
}

/**
 * Finds out whether the run can begin, and fills in what it needs to know of the deployment.
 *
 * @throws UsageError that says what is wrong and what to do
 */
export async function prepare(invocation: Invocation, runId: string): Promise<Prepared> {
  for (const file of [invocation.htmlFile, invocation.jsonFile]) {
    if (file !== undefined && file !== STANDARD_OUTPUT) await checkOutputFile(file);
  }
  const access: Access = { tokens: await readTokens(invocation), isInsecure: invocation.isInsecure };
  const { load } = invocation;
  const encoding = probeEncoding(load.encoding);
  const targets = await Promise.all(load.urls.map((url) => probe({ url, encoding, access })));
  const symbols = targets[0]?.instruments.map(({ symbol }) => symbol) ?? [];
  const plans = invocation.scenarios.map((scenario) =>
    createPlan(scenario, load, { runId: `${runId}-${scenario}`, symbols }),
  );
  for (const plan of plans) checkPlan(plan, targets);
  checkFileDescriptors(Math.max(...plans.map(({ connections }) => connections)));
  return { access, plans, nodes: targets.map(({ node }) => node) };
}

async function readTokens({ token, tokenFile }: Invocation): Promise<readonly string[]> {
  if (tokenFile === undefined) return token === undefined ? [] : [token];
  let text: string;
  try {
    text = await readFile(tokenFile, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `--token-file ${tokenFile} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  const tokens = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw new UsageError(`--token-file ${tokenFile} has no token: expected one on each line`);
  return tokens;
}

function probeEncoding(mix: EncodingMix): Encoding {
  return mix === EncodingMix.Json ? Encodings.Json : Encodings.Msgpack;
}

function checkPlan(plan: Plan, targets: readonly Probed[]): void {
  const maxFrameBytes = Math.min(...targets.map((target) => target.maxFrameBytes));
  if (plan.sizeBytes > maxFrameBytes / 2 && plan.sizeBytes + 256 > maxFrameBytes) {
    throw new UsageError(
      `--size ${String(plan.sizeBytes)} does not fit: the deployment takes frames of ${String(maxFrameBytes)} bytes`,
    );
  }
  if (plan.scenario === Scenario.Feed) checkBooks(plan, targets);
}

function checkBooks({ books, urls }: Plan, targets: readonly Probed[]): void {
  for (const [i, { instruments }] of targets.entries()) {
    const url = urls[i] ?? '';
    if (instruments.length === 0) throw new UsageError(`${url}: there are no books\n  Is a feed publisher running?`);
    for (const symbol of books.symbols) {
      const instrument = instruments.find((other) => other.symbol === symbol);
      if (instrument === undefined) {
        throw new UsageError(
          `${url}: no book of ${symbol}; there are ${instruments.map((other) => other.symbol).join(', ')}`,
        );
      }
      requireChoice('--depth', books.depth, instrument.depths);
      requireChoice('--interval', books.intervalMs, instrument.intervals);
    }
  }
}

function requireChoice(option: string, value: number, choices: readonly number[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(`${option} ${String(value)} is not on offer; choose from ${choices.join(', ')}`);
}
