/** Brokers to begin with, and how to come to them. */
export interface KafkaAddress {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly isTls: boolean;
  readonly user: string | undefined;
  readonly password: string;
}

const DEFAULT_PORT = 9092;
const URL_PATTERN = /^(?<protocol>kafkas?):\/\/(?:(?<user>[^:@/\s]+)(?::(?<password>[^@/\s]*))?@)?(?<hosts>[^@/\s]+)$/;
/** A name, an IPv4 address, or an IPv6 one in brackets. */
const HOST_PATTERN = /^(?<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>\d{1,5}))?$/;

/** Reads `kafka://user:password@host:port,host:port`, of which user, password and ports may be left out; `kafkas://` is by TLS. */
export function parseKafkaUrl(text: string): KafkaAddress | undefined {
  const { protocol, user, password = '', hosts = '' } = URL_PATTERN.exec(text)?.groups ?? {};
  if (protocol === undefined) return undefined;
  try {
    const brokers = hosts.split(',').map(brokerOf);
    if (!brokers.every((broker) => broker !== undefined)) return undefined;
    return {
      brokers,
      isTls: protocol === 'kafkas',
      user: user === undefined ? undefined : decodeURIComponent(user),
      password: decodeURIComponent(password),
    };
  } catch {
    // A user or a password with a percent sign that stands for nothing.
    return undefined;
  }
}

/** Of a broker, without its port and without brackets. */
export function hostOf(broker: string): string {
  return broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function brokerOf(text: string): string | undefined {
  const { host, port = String(DEFAULT_PORT) } = HOST_PATTERN.exec(text)?.groups ?? {};
  return host === undefined || Number(port) === 0 || Number(port) > 65_535 ? undefined : `${host}:${port}`;
}
