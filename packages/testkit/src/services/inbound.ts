import { toEnvironment } from './environment.ts';
import { ServiceProcess } from './process.ts';

/** Settings of the inbound service, each an `OUTCRY_*` variable of the same name; what is left out has its default. */
export interface InboundSettings {
  readonly redisUrl: string;
  /** That of the gateways whose rooms it publishes to. */
  readonly redisPrefix?: string;
  readonly postgresUrl?: string;
  readonly postgresMigrate?: boolean;
  readonly streamUrl?: string;
  readonly streamKeys?: string;
  readonly streamTrim?: boolean;
  readonly streamPollMs?: number;
  readonly kafkaUrl?: string;
  readonly kafkaSasl?: string;
  readonly kafkaTopics?: string;
  readonly kafkaGroup?: string;
  readonly kafkaRefusedTopic?: string;
  readonly kafkaSessionMs?: number;
  readonly outboxPollMs?: number;
  readonly inboundLeaseMs?: number;
  readonly inboundLeaseRenewMs?: number;
  readonly traceUrl?: string;
  readonly maxFrameBytes?: number;
  readonly historyCount?: number;
  readonly logLevel?: string;
}

export interface InboundProcess extends AsyncDisposable {
  readonly process: ServiceProcess;
  /** `http://…`, of the port with `/healthz`, `/readyz` and `/metrics`. */
  readonly internalUrl: string;
}

/**
 * Starts the inbound service; resolves when it has started, rejects with its output where it does not.
 *
 * @param caFile Whom it trusts beside the authorities that Node knows, in PEM.
 */
export async function startInbound(settings: InboundSettings, caFile?: string): Promise<InboundProcess> {
  const process = new ServiceProcess({
    entry: 'services/inbound/src/main.ts',
    env: {
      ...toEnvironment('OUTCRY_', { internalHost: '127.0.0.1', internalPort: 0, ...settings }),
      ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
    },
  });
  const { internalPort } = await process.waitForLog('inbound started');
  return {
    process,
    internalUrl: `http://127.0.0.1:${String(internalPort)}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
