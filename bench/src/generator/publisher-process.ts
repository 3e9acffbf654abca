import type { WireFrame } from '@outcry/protocol';

import { serveCalls } from './calls.ts';
import type { ClientPlan, ReadingRules } from './client-plan.ts';
import { Publisher } from './publisher.ts';

/** What the process with the publisher can be asked. A type, not an interface: it stands for a `Calls`. */
export type PublisherCalls = {
  open: {
    params: {
      readonly plans: readonly ClientPlan[];
      readonly rules: ReadingRules;
      readonly frames: readonly WireFrame[];
    };
    result: undefined;
  };
  start: { params: { readonly messagesPerSecond: number }; result: undefined };
  published: { params: undefined; result: number };
  stop: { params: undefined; result: number };
  close: { params: undefined; result: undefined };
};

const publisher = new Publisher();

serveCalls<PublisherCalls>({
  open: async ({ plans, rules, frames }) => {
    await publisher.open(plans, rules, frames);
    return undefined;
  },
  start: ({ messagesPerSecond }) => {
    publisher.start(messagesPerSecond);
    return undefined;
  },
  published: () => publisher.published,
  stop: () => publisher.stop(),
  close: () => {
    publisher.close();
    return undefined;
  },
});
