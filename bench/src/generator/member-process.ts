import type { ClientPlan, ReadingRules } from './client-plan.ts';
import { serveCalls } from './calls.ts';
import type { LatencySummary } from './latency.ts';
import { type GroupCount, MemberGroup } from './member-group.ts';

/** What the process with the members can be asked. A type, not an interface: it stands for a `Calls`. */
export type MemberCalls = {
  open: {
    params: { readonly plans: readonly ClientPlan[]; readonly rules: ReadingRules; readonly sampleEvery: number };
    result: undefined;
  };
  count: { params: undefined; result: GroupCount };
  countEach: { params: undefined; result: readonly number[] };
  resetLatency: { params: undefined; result: undefined };
  latency: { params: undefined; result: LatencySummary };
  throttle: { params: { readonly index: number; readonly bytesPerSecond: number }; result: undefined };
  close: { params: undefined; result: undefined };
};

const group = new MemberGroup();

serveCalls<MemberCalls>({
  open: async ({ plans, rules, sampleEvery }) => {
    await group.open(plans, rules, sampleEvery);
    return undefined;
  },
  count: () => group.count(),
  countEach: () => group.countEach(),
  resetLatency: () => {
    group.resetLatency();
    return undefined;
  },
  latency: () => group.latency(),
  throttle: ({ index, bytesPerSecond }) => {
    group.throttle(index, bytesPerSecond);
    return undefined;
  },
  close: () => {
    group.close();
    return undefined;
  },
});
