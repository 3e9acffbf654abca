import { toEnvironment } from './environment.ts';
import { ServiceProcess } from './process.ts';

/** Settings of the archive, each an `OUTCRY_*` variable of the same name; what is left out has its default. */
export interface ArchiveSettings {
  readonly redisUrl: string;
  /** That of the gateways whose rooms it archives. */
  readonly redisPrefix?: string;
  readonly archiveUrl: string;
  readonly archiveMigrate?: boolean;
  readonly archivePollMs?: number;
  readonly archiveGatherMs?: number;
  readonly archiveLeaseMs?: number;
  readonly archiveLeaseRenewMs?: number;
  readonly logLevel?: string;
}

export interface ArchiveProcess extends AsyncDisposable {
  readonly process: ServiceProcess;
  /** `http://…`, of the port with `/healthz`, `/readyz` and `/metrics`. */
  readonly internalUrl: string;
}

/** Starts the archive; resolves when it has started, rejects with its output where it does not. */
export async function startArchive(settings: ArchiveSettings): Promise<ArchiveProcess> {
  const process = new ServiceProcess({
    entry: 'services/archive/src/main.ts',
    env: toEnvironment('OUTCRY_', { internalHost: '127.0.0.1', internalPort: 0, ...settings }),
  });
  const { internalPort } = await process.waitForLog('archive started');
  return {
    process,
    internalUrl: `http://127.0.0.1:${String(internalPort)}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
