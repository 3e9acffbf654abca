const CONTRACT = 'packages/broker/tests/contract/redis.test.ts';
const integration = (name: string): string => `packages/broker/tests/integration/${name}.test.ts`;
const EXPIRY: Suite = { file: integration('expiry') };
/** Without what happens behind a failover, which no script decides. */
const ARCHIVE: Suite = { file: integration('archive-source'), tests: /the source of an archive > / };
const ARCHIVE_SCRIPTS: Suite = { file: integration('archive-scripts') };

/** Tests of one file. */
export interface Suite {
  readonly file: string;
  /** Those whose names begin so. */
  readonly tests?: RegExp;
}

const contract = (...subjects: readonly string[]): Suite => ({
  file: CONTRACT,
  tests: new RegExp(`(${subjects.join('|')}) over Redis `),
});

const ROOM_SCRIPTS: Suite = { file: integration('room-scripts') };
const ROOMS: readonly Suite[] = [
  { file: integration('room-publish-script') },
  ROOM_SCRIPTS,
  contract('Broker'),
  { file: integration('storage') },
  {
    file: integration('recovery'),
    tests: /.*(a Redis that loses data|falls silent|more than one read|has been trimmed|a lost reply)/,
  },
  { file: integration('lost-tail') },
  { file: integration('unwritable') },
  { ...ARCHIVE, tests: /.*(past its bounds|live for a day)/ },
  EXPIRY,
];
const PRESENCE: readonly Suite[] = [
  // Steps straight at what is stored tell at once what the contract tells when leases have run out.
  { file: integration('presence'), tests: /(a room|reaping|a lease|a lost reply|a Redis|what presence costs)/ },
  contract('PresenceStore', 'EventJournal'),
  EXPIRY,
  { file: integration('eviction') },
];

/** By a script, or else by its folder, which tests are most likely to notice what is wrong in it: those that answer soonest first. Each file once. */
const SUITES: Readonly<Record<string, readonly Suite[]>> = {
  redis: [{ file: integration('room-scripts'), tests: /has the time/ }],
  rooms: ROOMS,
  'rooms/announce': [ARCHIVE_SCRIPTS, ARCHIVE, EXPIRY],
  // Of those of rooms, the ones that have noticed anything in them.
  'rooms/publish-messages': [
    { file: integration('room-publish-script') },
    { ...ROOM_SCRIPTS, tests: /a room that another server numbers/ },
    {
      file: CONTRACT,
      tests: /Broker over Redis > (publishing|idempotency|refuses the first|history > (has no hole|keeps nothing))/,
    },
    { file: integration('unwritable'), tests: /a Redis that stores nothing/ },
    EXPIRY,
  ],
  'rooms/read-history': [ROOM_SCRIPTS, contract('Broker'), EXPIRY],
  'rooms/read-stored': [ARCHIVE_SCRIPTS, ARCHIVE],
  'rooms/release': [ARCHIVE_SCRIPTS, ARCHIVE, EXPIRY],
  'rooms/take-over': [ROOM_SCRIPTS],
  'rooms/weigh-room': [{ ...ROOM_SCRIPTS, tests: /a room that is weighed/ }],
  presence: PRESENCE,
  // Of what is written down the others see nothing.
  'presence/note': [contract('EventJournal'), EXPIRY],
  events: [contract('EventJournal'), EXPIRY],
  feeds: [contract('FeedBus'), EXPIRY],
  leases: [{ file: integration('lease-fences') }, contract('Lease', 'FeedBus'), EXPIRY],
  limits: [{ file: integration('limits') }, contract('SharedLimits'), EXPIRY],
  nodes: [contract('NodeRoster', 'PublisherRoster'), EXPIRY],
  revocations: [
    contract('RevocationList'),
    EXPIRY,
    { file: integration('full'), tests: /revocations/ },
    { file: integration('recovery'), tests: /.*revocation/ },
  ],
  accounts: [contract('AccountStore'), { file: integration('full'), tests: /accounts/ }],
};

/** @param script As in `rooms/publish-messages`. */
export function suitesOf(script: string): readonly Suite[] | undefined {
  return SUITES[script] ?? SUITES[script.split('/')[0] ?? ''];
}
