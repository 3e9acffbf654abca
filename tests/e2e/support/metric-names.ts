import {
  createCertificate,
  HookServer,
  PostgresProcess,
  startArchive,
  startEvents,
  startGateway,
  startInbound,
  startPublisher,
  startRedis,
} from '@outcry/testkit';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const FEED = { source: 'simulator', symbols: 'BTCUSDT' } as const;

export interface MetricNames {
  /** That have samples already. */
  readonly sampled: ReadonlySet<string>;
  /** That have samples or will have some: histograms by their own name and by those of their series. */
  readonly declared: ReadonlySet<string>;
}

/** The names of all metrics that one service of each kind exposes when it has just begun. */
export async function readMetricNames(): Promise<MetricNames> {
  const [redis, postgres, hooks] = await Promise.all([startRedis(), PostgresProcess.start(), HookServer.start()]);
  await using _redis = redis;
  await using _postgres = postgres;
  await using _hooks = hooks;
  using certificate = createCertificate();
  const [gateway, publisher, inbound, archive, events] = await Promise.all([
    startGateway({
      redisUrl: redis.url,
      tlsCertFile: certificate.certFile,
      tlsKeyFile: certificate.keyFile,
      hooksJoinUrl: hooks.urlOf('join'),
      hooksPlainHttp: true,
      hooksSecret: SECRET,
    }),
    startPublisher({ redisUrl: redis.url, feed: FEED }),
    startInbound({ redisUrl: redis.url, postgresUrl: postgres.url, postgresMigrate: true }),
    startArchive({ redisUrl: redis.url, archiveUrl: postgres.url, archiveMigrate: true }),
    startEvents({
      redisUrl: redis.url,
      eventsUrl: hooks.urlOf('events'),
      eventsSecret: SECRET,
      eventsPlainHttp: true,
    }),
  ]);
  await using _gateway = gateway;
  await using _publisher = publisher;
  await using _inbound = inbound;
  await using _archive = archive;
  await using _events = events;
  const internalPort = publisher.log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort'];
  const urls = [gateway, inbound, archive, events].map(({ internalUrl }) => internalUrl);
  const all = [...urls, `http://127.0.0.1:${String(internalPort)}`];
  const texts = await Promise.all(all.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const namesBy = (pattern: RegExp): readonly string[] =>
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name));
  const seriesOf = (name: string): readonly string[] => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
  return {
    sampled: new Set(namesBy(/^(\w+)[{ ]/gm)),
    declared: new Set([
      ...namesBy(/^# TYPE (\w+) (?:counter|gauge)$/gm),
      ...namesBy(/^# TYPE (\w+) (?:histogram|summary)$/gm).flatMap(seriesOf),
    ]),
  };
}
