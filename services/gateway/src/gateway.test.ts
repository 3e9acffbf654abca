import { createMemoryBackplane } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { leasePort, readHealth } from '@outcry/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

import { decodeNodeReport } from './cluster/node-report.ts';
import { loadGatewayConfig } from './config/config.ts';
import { createGateway } from './gateway.ts';

/** Something that a test waits for, or lets happen. */
class Moment {
  happen!: () => void;
  readonly happened = new Promise<void>((resolve) => {
    this.happen = resolve;
  });
}

it('is ready, for orchestrators and for other gateways, once its public port takes connections and not before', async () => {
  using lease = await leasePort();
  const internalUrl = `http://127.0.0.1:${String(lease.port)}`;
  const backplane = createMemoryBackplane();
  const [reached, released] = [new Moment(), new Moment()];
  const watch = backplane.revocations.watch.bind(backplane.revocations);
  // The broker is there by then, and the port is not.
  vi.spyOn(backplane.revocations, 'watch').mockImplementation(async (handler) => {
    reached.happen();
    await released.happened;
    return watch(handler);
  });
  const environment = { OUTCRY_PORT: '0', OUTCRY_HOST: '127.0.0.1', OUTCRY_INTERNAL_PORT: String(lease.port) };
  const { config } = loadGatewayConfig(environment);
  const gateway = createGateway({ config, backplane, logger: createLogger({ level: 'silent', fields: {} }) });
  const started = gateway.start();
  onTestFinished(async () => {
    released.happen();
    await started;
    await gateway.stop();
  });
  await reached.happened;
  expect(await readHealth(internalUrl)).toMatchObject({
    status: 503,
    summary: 'the public port takes no connections yet',
  });
  released.happen();
  await started;
  expect(await readHealth(internalUrl)).toMatchObject({ status: 200 });
  const reports = await backplane.nodes.list();
  expect(reports.map(({ report }) => decodeNodeReport(report)?.isReady)).toEqual([true]);
});
