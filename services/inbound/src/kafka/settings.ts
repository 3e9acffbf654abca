import { choice, integer, optionalText, type SettingValues, text } from '@outcry/config';
import { isPublicHost } from '@outcry/service';

import { hostOf, type KafkaAddress, parseKafkaUrl } from './kafka-url.ts';

const KAFKA_URL = {
  pattern: /^kafkas?:\/\/\S+$/,
  accepts: '`kafka://user:password@host:port,host:port`, or `kafkas://` for TLS',
};
/** As Kafka itself has it. */
const TOPIC = '[A-Za-z0-9._-]{1,249}';
const TOPICS = {
  pattern: new RegExp(`^${TOPIC}(,${TOPIC}){0,63}$`),
  accepts: 'up to 64 names of topics, with commas between them',
  isList: true,
};
const ONE_TOPIC = { pattern: new RegExp(`^${TOPIC}$`), accepts: 'the name of a topic' };
const GROUP = { pattern: /^[\x21-\x7e]{1,249}$/, accepts: 'printable ASCII without spaces (249 at most)' };

/** How a user proves who it is. Kafka itself has others, which nobody has asked for yet. */
export const SaslMechanism = {
  Sha512: 'scram-sha-512',
  Sha256: 'scram-sha-256',
  Plain: 'plain',
} as const;
export type SaslMechanism = (typeof SaslMechanism)[keyof typeof SaslMechanism];

const MECHANISMS = [SaslMechanism.Sha512, SaslMechanism.Sha256, SaslMechanism.Plain] as const;

/** Where the topics are, and how they are read. */
export const KAFKA_SETTINGS = {
  OUTCRY_KAFKA_URL: optionalText(KAFKA_URL, {
    meaning: 'Some brokers of the Kafka with topics of messages to publish. Unset: none is read.',
  }),
  OUTCRY_KAFKA_SASL: choice(MECHANISMS, {
    meaning: 'How the user of OUTCRY_KAFKA_URL proves who it is. `plain` sends the password as it is: by TLS.',
    default: SaslMechanism.Sha512,
  }),
  OUTCRY_KAFKA_TOPICS: text(TOPICS, {
    meaning: 'The topics, with commas between them. Each of their partitions is read by one service at a time.',
    default: 'outcry.inbound',
  }),
  OUTCRY_KAFKA_GROUP: text(GROUP, {
    meaning:
      'The consumer group: Kafka keeps in it how far the topics are published. Another group reads all again. Each cluster needs one of its own.',
    default: 'outcry-inbound',
  }),
  OUTCRY_KAFKA_REFUSED_TOPIC: text(ONE_TOPIC, {
    meaning: 'The topic for records that can never be published. It has to be there.',
    default: 'outcry.refused',
  }),
  OUTCRY_KAFKA_SESSION_MS: integer({
    meaning:
      'After so long without a sign of a service its partitions are read by another one. Brokers take none that is shorter than their group.min.session.timeout.ms.',
    min: 1000,
    max: 300_000,
    default: 10_000,
  }),
} as const;

type Settings = SettingValues<typeof KAFKA_SETTINGS>;

export interface KafkaConfig {
  readonly address: KafkaAddress;
  readonly mechanism: SaslMechanism;
  readonly topics: readonly string[];
  readonly group: string;
  readonly refusedTopic: string;
  readonly sessionMs: number;
}

/** Undefined where there is none to read. */
export function kafkaConfigOf(settings: Settings): KafkaConfig | undefined {
  const { OUTCRY_KAFKA_URL: url } = settings;
  const address = url === undefined ? undefined : parseKafkaUrl(url);
  if (address === undefined) return undefined;
  return {
    address,
    mechanism: settings.OUTCRY_KAFKA_SASL,
    topics: settings.OUTCRY_KAFKA_TOPICS.split(','),
    group: settings.OUTCRY_KAFKA_GROUP,
    refusedTopic: settings.OUTCRY_KAFKA_REFUSED_TOPIC,
    sessionMs: settings.OUTCRY_KAFKA_SESSION_MS,
  };
}

/** What is wrong with them; in production, what would let others in, too. */
export function problemsOfKafka(settings: Settings, isProduction: boolean): readonly string[] {
  const { OUTCRY_KAFKA_URL: url, OUTCRY_KAFKA_TOPICS: topics, OUTCRY_KAFKA_REFUSED_TOPIC: refused } = settings;
  const named = topics.split(',');
  return [
    ...(url === undefined ? [] : problemsOfUrl(url, isProduction)),
    ...(new Set(named).size < named.length ? ['OUTCRY_KAFKA_TOPICS: names a topic twice'] : []),
    ...(named.includes(refused)
      ? ['OUTCRY_KAFKA_REFUSED_TOPIC: is read itself: what is put aside would come back']
      : []),
  ];
}

function problemsOfUrl(url: string, isProduction: boolean): readonly string[] {
  const address = parseKafkaUrl(url);
  if (address === undefined) return [`OUTCRY_KAFKA_URL: expected ${KAFKA_URL.accepts}`];
  const { brokers, isTls, user } = address;
  if (!isProduction || !brokers.some((broker) => isPublicHost(hostOf(broker)))) return [];
  return [
    ...(user === undefined ? ['OUTCRY_KAFKA_URL: a Kafka at a public address needs a user and a password'] : []),
    ...(isTls ? [] : ['OUTCRY_KAFKA_URL: a Kafka at a public address needs TLS (kafkas://)']),
  ];
}
