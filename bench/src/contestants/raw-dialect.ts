import type { Dialect } from './contestant.ts';

/** The dialect of servers without a protocol: a member is told `joined`, and gets what is sent to `/publish` as it is. */
export const RAW_DIALECT: Dialect = {
  rules: { minDeliveryBytes: 126 },
  memberPath: '/ws',
  publisherPath: '/publish',
  greetMember: () => ({ subprotocols: [], frames: [], answers: 1 }),
  greetPublisher: () => ({ subprotocols: [], frames: [], answers: 0 }),
  publish: (text) => text,
};
