/** The kinds of load. */
export const Scenario = {
  FanOut: 'fan-out',
  Rooms: 'rooms',
  Chat: 'chat',
  Feed: 'feed',
  Churn: 'churn',
  Slow: 'slow',
} as const;
export type Scenario = (typeof Scenario)[keyof typeof Scenario];

/** Every scenario, in the order in which `all` runs them. */
export const SCENARIOS: readonly Scenario[] = Object.values(Scenario);

/** One line for `--help` and for the report. */
export const SCENARIO_SUMMARIES: Readonly<Record<Scenario, string>> = {
  'fan-out': 'one room, a few publish, everybody listens',
  rooms: 'many small rooms, one publisher in each',
  chat: 'one room in which everybody talks',
  feed: 'order books: snapshots and deltas, nobody publishes',
  churn: 'members leave, vanish and come back, and resume where they were',
  slow: 'some members hardly read; the others must not notice',
};
