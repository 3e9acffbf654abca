import type { Contestant } from '../contestants/contestant.ts';
import type { ServerProcess } from '../contestants/server-process.ts';
import { type ClientPlan, localAddressOf } from '../generator/client-plan.ts';
import { type GeneratorProcess, startMembers } from '../generator/generator.ts';
import type { MemberCalls } from '../generator/member-process.ts';

/** Members that time what they get: enough for a percentile, and spread over all of them. */
const SAMPLED_MEMBERS = 8;

export function planMembers({ dialect }: Contestant, { port }: ServerProcess, size: number): ClientPlan[] {
  return Array.from({ length: size }, (_, index) => ({
    url: `ws://127.0.0.1:${String(port)}${dialect.memberPath}`,
    localAddress: localAddressOf(index),
    ...dialect.greetMember(index),
  }));
}

/** Members of the room, each of them joined when it resolves. */
export async function openMembers(
  contestant: Contestant,
  server: ServerProcess,
  size: number,
): Promise<GeneratorProcess<MemberCalls>> {
  const members = startMembers();
  try {
    await members.call('open', {
      plans: planMembers(contestant, server, size),
      rules: contestant.dialect.rules,
      sampleEvery: Math.ceil(size / SAMPLED_MEMBERS),
    });
    return members;
  } catch (err) {
    await members[Symbol.asyncDispose]();
    throw err;
  }
}
