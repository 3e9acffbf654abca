import { toEnvironment } from './environment.ts';
import { ServiceProcess } from './process.ts';

/** Settings of the service that sends events, each an `OUTCRY_*` variable of the same name; what is left out has its default. */
export interface EventsSettings {
  readonly redisUrl: string;
  /** That of the gateways of whose rooms it tells. */
  readonly redisPrefix?: string;
  readonly eventsUrl: string;
  readonly eventsSecret: string;
  readonly eventsPlainHttp?: boolean;
  readonly eventsDeadlineMs?: number;
  readonly eventsGatherMs?: number;
  readonly eventsPollMs?: number;
  readonly eventsMaxBatch?: number;
  readonly eventsRetryMs?: number;
  readonly eventsLeaseMs?: number;
  readonly eventsLeaseRenewMs?: number;
  readonly logLevel?: string;
}

export interface EventsProcess extends AsyncDisposable {
  readonly process: ServiceProcess;
  /** `http://…`, of the port with `/healthz`, `/readyz` and `/metrics`. */
  readonly internalUrl: string;
}

/** Starts the service; resolves when it has started, rejects with its output where it does not. */
export async function startEvents(settings: EventsSettings): Promise<EventsProcess> {
  const process = new ServiceProcess({
    entry: 'services/events/src/main.ts',
    env: toEnvironment('OUTCRY_', { internalHost: '127.0.0.1', internalPort: 0, ...settings }),
  });
  const { internalPort } = await process.waitForLog('events started');
  return {
    process,
    internalUrl: `http://127.0.0.1:${String(internalPort)}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
