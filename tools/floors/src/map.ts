import type { Floor, House } from './house.ts';
import { UPPER_HOUSE } from './upper-map.ts';

/**
 * Workspaces whose files are still on their way to the floors below, which are not looked at meanwhile. To be empty.
 */
export const PENDING: readonly string[] = [];

/**
 * The house: which workspace may import which, and inside each of them, from top to bottom, which folder stands above which.
 * An import goes to a lower floor of its workspace, or to another workspace by its name. `npm run check:imports` holds every
 * import to it, types included; docs/ARCHITECTURE.md is drawn from it.
 */
export const HOUSE: House = {
  ...UPPER_HOUSE,
  'services/gateway': {
    is: 'sockets, rooms and books of the clients of one node',
    imports: [
      'packages/tracing',
      'packages/webhook',
      'packages/worker',
      'packages/service',
      'packages/broker',
      'packages/config',
      'packages/order-book',
      'packages/protocol',
    ],
    testsImport: ['packages/testkit'],
    floors: [
      { main: 'the program', index: 'what the standalone takes' },
      { gateway: 'composition' },
      { ports: 'composition of what listens' },
      { services: 'composition of what sessions work with' },
      { config: { is: 'puts the settings of all parts together', for: ['main', 'index', 'ports', 'services'] } },
      { live: 'what the console sees as it changes' },
      { api: 'the server API', site: 'pages, accounts over HTTP' },
      { 'api/commands': { is: 'one file per subject', for: ['api'] } },
      {
        'api/{api-command,api-parts,api-error,access,bearer,to-api-error,fields,find-holders}':
          'what commands are made of, and who may run them',
        cluster: 'what other nodes and the broker say',
        reception: 'who comes in, under which name',
      },
      { 'cluster/{question,shard-story}': 'what gateways ask each other for whoever looks' },
      { session: 'decode → decide → answer', feed: 'connections to /orderbookfeed' },
      { 'session/handlers': { is: 'one file per request', for: ['session'] } },
      {
        'session/{answers,publish-refusals,room-rights,rates,settings,to-request-error,traced-publish}':
          'what handlers are given',
      },
      { memberships: 'the rooms of one session' },
      {
        presence: 'who is in which room',
        books: 'replicas and their classes',
        events: "of what the operator's server is told",
        operators: 'who signs in to the console',
      },
      {
        rooms: 'members, relay, catch-up',
        connections: 'all that is open: sweep, heartbeat, backlog',
        identity: 'which authenticator there is, and its settings',
      },
      { fanout: 'one topic per stream and encoding', 'identity/accounts': 'names and passwords' },
      {
        'identity/provider': 'keys that an identity provider publishes',
        hooks: "what the operator's own server is asked",
      },
      { 'identity/tokens': 'keys, claims, signatures' },
      { 'identity/{authenticator,guest-identity,revoked-tokens}': 'who somebody is found to be' },
      {
        'identity/identity': 'who somebody is',
        'identity/tokens/verification-key': 'a key',
        'transport/uws': { is: 'the only part that knows uWebSockets.js', for: ['ports'] },
      },
      {
        'identity/rights': 'what somebody may',
        'identity/info': 'what others are shown of somebody',
        transport: 'sockets, as all other parts see them',
        archive: 'what rooms said before what they keep',
      },
      { limits: 'rates and counts', observability: 'metrics', processes: 'several gateways on one port' },
      { sampling: 'what is loud, while somebody looks' },
    ],
  },
  'services/feed-publisher': {
    is: 'keeps order books, publishes those that it leads',
    imports: [
      'packages/worker',
      'packages/service',
      'packages/broker',
      'packages/config',
      'packages/order-book',
      'packages/protocol',
    ],
    testsImport: ['packages/testkit'],
    floors: [
      { main: 'the program', index: 'what the standalone takes' },
      { service: 'composition of the process' },
      {
        config: { is: 'puts the settings of all parts together', for: ['main', 'index', 'service'] },
        publisher: 'composition of the feeds',
      },
      { feed: 'one symbol: source → book → frames → bus' },
      { leadership: 'who publishes which symbol' },
      { sources: 'which source there is, and its settings', observability: 'metrics' },
      { 'sources/simulator': 'invented books', 'sources/recording': 'recorded books', 'sources/http': 'posted books' },
      { 'sources/binance': 'live books, and the format of recordings' },
      { 'sources/{book-source,symbol-list,check-instrument}': 'the seam, lists in settings, what a source may offer' },
      { pacing: 'in step with a clock, one thing after the other' },
    ],
  },
  'services/inbound': {
    is: 'publishes what back ends have written down',
    imports: [
      'packages/tracing',
      'packages/worker',
      'packages/service',
      'packages/broker',
      'packages/config',
      'packages/protocol',
    ],
    testsImport: ['packages/testkit'],
    floors: [
      { main: 'the program', index: 'what its documents are made of' },
      { service: 'composition of the process' },
      { config: { is: 'puts the settings of all parts together', for: ['main', 'index', 'service'] } },
      {
        outbox: 'rows of a database: partitions → pages → delivery',
        stream: 'entries of streams: a stream → pages → delivery',
        kafka: 'records of topics: a group → pages → delivery',
      },
      {
        'outbox/postgres': 'the only part that knows PostgreSQL',
        'stream/redis': 'the only part that knows the Redis of the streams',
        'kafka/platformatic': 'the only part that knows the client for Kafka',
      },
      {
        'outbox/outbox-store': 'the seam',
        'stream/stream-store': 'the seam',
        'kafka/record-log': 'the seam',
        'kafka/settings': 'where the topics are',
      },
      { partitions: 'who reads what: its settings', delivery: 'a message of any source becomes one of a room' },
      { retention: 'what rooms keep', observability: 'metrics', 'kafka/kafka-url': 'brokers in a setting' },
      { 'delivery/inbound-message': 'what a source brings' },
    ],
  },
  'services/archive': {
    is: 'keeps for good what is said in rooms whose rule says so',
    imports: ['packages/worker', 'packages/service', 'packages/broker', 'packages/config', 'packages/protocol'],
    testsImport: ['packages/testkit'],
    floors: [
      { main: 'the program', index: 'what its documents are made of' },
      { service: 'composition of the process' },
      { config: { is: 'puts the settings of all parts together', for: ['main', 'index', 'service'] } },
      { embedded: 'what one process keeps in a folder' },
      { archiving: 'a partition: streams → rows, and what is missing' },
      { partitions: 'who archives what: its settings', observability: 'metrics', 'store/settings': 'where it is kept' },
      { 'store/postgres': 'the only part that knows PostgreSQL', 'store/sqlite': 'the only part that knows SQLite' },
      { store: 'the seam' },
    ],
  },
  'services/events': {
    is: 'tells a server of the operator who comes and who goes',
    imports: ['packages/webhook', 'packages/worker', 'packages/service', 'packages/broker', 'packages/config'],
    testsImport: ['packages/testkit'],
    floors: [
      { main: 'the program', index: 'what its documents are made of' },
      { service: 'composition of the process' },
      { config: { is: 'puts the settings of all parts together', for: ['main', 'index', 'service'] } },
      { sending: 'who sends: journal → batches → what became of them' },
      {
        delivery: 'a batch gets to the server, or not',
        leadership: 'who sends: its settings',
        observability: 'metrics',
      },
      { event: 'what a coming or going is called there' },
    ],
  },
  'packages/tracing': {
    is: 'follows messages that are sampled, and tells a collector',
    imports: ['packages/webhook', 'packages/service', 'packages/broker', 'packages/config', 'packages/protocol'],
    testsImport: ['packages/testkit'],
    floors: [
      { index: 'the package' },
      { '.': 'messages, their spans, and how these are sent' },
      { observability: 'metrics' },
    ],
  },
  'packages/webhook': {
    is: "signed requests to a server of the operator's",
    imports: ['packages/service'],
    floors: [{ index: 'the package' }, { '.': 'where it may be, signatures, connections' }],
  },
  'packages/worker': {
    is: 'what services have that no client talks to: their run, who does what, a database',
    imports: ['packages/service', 'packages/broker'],
    testsImport: ['packages/testkit'],
    floors: [
      { index: 'the package' },
      { partitions: 'who does what, by leases', postgres: 'connections, migrations, faults' },
      {
        '.': 'the run of a worker, and whether a database can be used',
        leases: 'a lease while it can be counted on',
        pacing: 'delays, retries, wake-ups, a loop of looks',
      },
    ],
  },
  'packages/service': {
    is: 'what every service has: settings, log, internal port',
    imports: ['packages/broker', 'packages/config'],
    floors: [
      { index: 'the package' },
      { '.': 'the run of a service and its internal port' },
      {
        config: 'the only reader of the environment',
        http: 'requests and answers in JSON',
        observability: 'metrics of the process',
        health: 'how a service is, why, and since when',
      },
      { version: 'of all that is outcry' },
      { log: 'log lines that nobody waits for' },
    ],
  },
  'packages/testkit': {
    is: 'services, Redis, faults and raw clients, for tests',
    imports: [],
    floors: [
      { index: 'the package' },
      {
        services: 'those of this repository, as processes',
        redis: 'a server, sentinels, a cluster',
        faults: 'what stands between a process and its Redis',
        venue: 'an exchange, and what it said',
        'stand-ins': "servers of the operator's",
        messages: 'what was said, held against what was heard',
        '.': 'raw clients',
      },
      { servers: "somebody else's, as processes", wire: 'frames, without the code under test' },
      { websocket: 'WebSocket, byte by byte' },
      { inbox: 'what was received, to be waited for' },
      {
        deadline: 'nothing is waited for without one',
        'port-lease': 'no port is taken twice',
        certificate: 'a name for TLS',
        children: 'nothing that was started stays behind',
      },
    ],
  },
  'packages/react': {
    is: 'React hooks on the client library',
    imports: ['packages/client', 'packages/packing'],
    testsImport: ['packages/testkit'],
    floors: [
      { index: 'the package' },
      { hooks: 'what components call' },
      { provider: 'one session for all below it' },
      { session: 'one client, its rooms and its books' },
      { 'shared-room': 'a room of several components', 'shared-book': 'a book of several components' },
      { '.': 'what components have in common, and who is there' },
    ],
  },
  'packages/client': {
    is: 'the client library, for browsers and Node',
    imports: ['packages/order-book', 'packages/protocol', 'packages/packing'],
    floors: [
      { index: 'the package' },
      { '.': 'a client, its rooms and its books', encryption: 'rooms that only their members can read' },
      { connection: 'the driver of sockets and timers' },
      { core: 'decides, without a socket or a timer', payloads: 'what may be sent' },
      { primitives: 'errors, streams, promises' },
    ],
  },
  'packages/broker': {
    is: 'rooms and feeds across nodes: the seams, over memory and over Redis',
    imports: ['packages/protocol'],
    testsImport: ['packages/testkit'],
    floors: [
      { index: 'the package' },
      { backplanes: { is: 'all subjects over one back end', for: ['index'] } },
      {
        rooms: 'numbered messages',
        feeds: 'books',
        limits: 'counts over all nodes',
        accounts: 'names and passwords',
        revocations: 'tokens that are void',
        control: 'notices to every node',
      },
      { presence: 'who is in which room', leases: 'who leads', nodes: 'who is there' },
      { events: 'who came and who went, for whoever sends it on', identities: 'what the cluster is called' },
      scriptsOf('rooms', 'feeds', 'limits', 'accounts', 'revocations', 'presence', 'leases', 'nodes', 'events'),
      { 'events/numbering': 'how that is numbered' },
      {
        'redis/cluster': 'the servers of a Redis Cluster',
        'redis/shard-list': 'servers that know nothing of each other',
        memory: 'what the nodes of one process share',
      },
      { redis: 'what subjects and backplanes are given of all servers' },
      { 'redis/shard': 'a server, and all that is held for it' },
      {
        'redis/server': 'what a server says of itself',
        'redis/health': 'whether a server is heard and stores, and how it comes back',
      },
      { 'redis/connection': 'one connection, kept up', 'redis/sentinel': 'who says where a primary is' },
      {
        'redis/keys': 'how names begin',
        'redis/routes': 'where servers are, and how to get there',
        'redis/scripts': 'running Lua',
        'redis/faults': 'what is wrong, in words, and where else to ask',
        'redis/pacing': 'delays, time limits, one thing after the other',
      },
      { '.': 'faults, and whether the broker is there' },
    ],
  },
  'packages/endpoint': {
    is: "a gateway's address, and why nobody answers there",
    imports: ['packages/protocol'],
    floors: [{ index: 'the package' }, { '.': 'addresses, closes, hints' }],
  },
  'packages/config': {
    is: 'settings from the environment and from files',
    imports: [],
    floors: [
      { index: 'the package' },
      { file: 'files of settings: values with their lines, and a schema for editors' },
      { '.': 'fields, problems, documents' },
    ],
  },
  'packages/order-book': {
    is: 'a book without any I/O',
    imports: [],
    floors: [{ index: 'the package' }, { '.': 'levels, changes, checksums' }],
  },
  'packages/protocol': {
    is: 'the wire',
    imports: [],
    floors: [
      { index: 'the package', asyncapi: 'the wire as an AsyncAPI document' },
      { codec: 'which encodings there are' },
      { 'codec/json': 'frames as objects', 'codec/msgpack': 'frames as arrays' },
      { 'codec/{codec,client-codec}': 'the seam', 'codec/frames': 'what stands in a frame, in both encodings' },
      { 'codec/payloads': 'what messages carry, and what they may' },
      { 'codec/values': 'values of MessagePack, and where one is at fault' },
      { names: 'what users, rooms and symbols may be called' },
      { '.': 'the schema table, codes, limits' },
    ],
  },
  'packages/page': {
    is: 'what both pages are made of: elements, colours, and how they are built',
    root: '.',
    imports: [],
    floors: [{ 'src/index': 'for the browser', build: 'for Vite' }, { src: 'elements, and how they look' }],
  },
  'packages/packing': {
    is: 'lays beside a build what makes it a package',
    imports: [],
    floors: [
      { index: 'the package' },
      { publishable: 'what is laid there' },
      { manifest: 'what is published of a manifest', notices: 'licences of what is bundled' },
    ],
  },
};

/** What runs inside Redis, for nothing but its subject. */
function scriptsOf(...subjects: readonly string[]): Floor {
  return Object.fromEntries(subjects.map((subject) => [`${subject}/scripts`, { is: 'Lua', for: [subject] }]));
}
