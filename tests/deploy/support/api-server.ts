import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { leasePort, type PortLease, ChildServer } from '@outcry/testkit';
import { stringify } from 'yaml';

import { eventually } from '../../support/eventually.ts';
import { findApiServer, findEtcd, findKubectl } from './kubernetes.ts';
import { type Output, run, tryRun } from './tools.ts';

const START_DEADLINE_MS = 120_000;
const SHOWN_LINES = 40;

/** The API server of Kubernetes over an etcd, on loopback: it checks, fills in and keeps objects. Nobody runs any of them. */
export class ApiServer implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'outcry-api-server-'));
  readonly #token = randomBytes(16).toString('hex');
  readonly #leases: PortLease[] = [];
  readonly #servers: ChildServer[] = [];
  #kubectl = '';

  private constructor() {}

  static async start(): Promise<ApiServer> {
    const server = new ApiServer();
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** For Helm, which takes it as `--kubeconfig`. */
  get kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return run(this.#kubectl, ['--kubeconfig', this.kubeconfig, ...args]);
  }

  /** The same for what may be refused. */
  async tryKubectl(...args: readonly string[]): Promise<Output> {
    return tryRun(this.#kubectl, ['--kubeconfig', this.kubeconfig, ...args]);
  }

  /** A file for kubectl to read. */
  write(name: string, text: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, text);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The API server first: without its etcd it would wait.
    for (const server of this.#servers.toReversed()) await server.kill();
    for (const lease of this.#leases) lease[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }

  async #start(): Promise<void> {
    this.#kubectl = await findKubectl();
    const [client, peer, secure] = [await this.#lease(), await this.#lease(), await this.#lease()];
    await this.#startEtcd(client, peer);
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const keyFile = this.write('key.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString());
    this.write('kubeconfig', stringify(kubeconfigOf(secure, this.#token)));
    const server = await this.#run(await findApiServer(), [
      `--etcd-servers=http://127.0.0.1:${String(client)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${String(secure)}`,
      `--cert-dir=${join(this.#folder, 'certificates')}`,
      `--token-auth-file=${this.write('tokens.csv', `${this.#token},admin,1,"system:masters"\n`)}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keyFile}`,
      `--service-account-signing-key-file=${keyFile}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      // No controller makes the accounts that pods name.
      '--disable-admission-plugins=ServiceAccount',
    ]);
    await eventually(async () => (await this.tryKubectl('get', '--raw', '/readyz')).text.trim() === 'ok', {
      deadlineMs: START_DEADLINE_MS,
      describe: () => `the API server is not ready:\n${server.output.slice(-SHOWN_LINES).join('\n')}`,
    });
  }

  async #startEtcd(client: number, peer: number): Promise<void> {
    const [clients, peers] = [`http://127.0.0.1:${String(client)}`, `http://127.0.0.1:${String(peer)}`];
    await this.#run(await findEtcd(), [
      ...['--data-dir', join(this.#folder, 'etcd'), '--initial-cluster', `default=${peers}`],
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
    ]);
  }

  async #lease(): Promise<number> {
    const lease = await leasePort();
    this.#leases.push(lease);
    return lease.port;
  }

  async #run(command: string, args: readonly string[]): Promise<ChildServer> {
    const server = new ChildServer({ command, args });
    this.#servers.push(server);
    await server.start();
    return server;
  }
}

function kubeconfigOf(port: number, token: string): object {
  const name = 'outcry';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${String(port)}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}
