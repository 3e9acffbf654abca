import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { createCertificate, leasePort, type PortLease, ChildServer, type TestCertificate } from '@outcry/testkit';
import { Admin } from '@platformatic/kafka';

import { findBrokerJars } from './broker-jars.ts';

const HOST = '127.0.0.1';
const START_DEADLINE_MS = 60_000;
const POLL_MS = 100;
const SHOWN_LINES = 20;
const JAVA = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Who may come by TLS. */
export const USER = { name: 'ann', password: 'correct-horse' } as const;

/** A Kafka of the test's own (one node in KRaft mode), on ports and with data that it keeps over restarts. */
export class KafkaBroker implements AsyncDisposable {
  readonly certificate: TestCertificate = createCertificate();
  readonly #leases: readonly [PortLease, PortLease, PortLease];
  readonly #folder: string;
  readonly #jars: string;
  readonly #server: ChildServer;

  private constructor(leases: readonly [PortLease, PortLease, PortLease], folder: string, jars: string) {
    this.#leases = leases;
    this.#folder = folder;
    this.#jars = jars;
    this.#server = new ChildServer({
      command: 'java',
      args: [...JAVA, '-cp', `${jars}/*`, 'kafka.Kafka', this.#properties],
      cwd: folder,
    });
  }

  /** @throws Error that says what is missing, where there is no Java */
  static async start(): Promise<KafkaBroker> {
    const jars = await findBrokerJars();
    const folder = await mkdtemp(join(tmpdir(), 'outcry-kafka-'));
    const leases = [await leasePort(), await leasePort(), await leasePort()] as const;
    const broker = new KafkaBroker(leases, folder, jars);
    try {
      await broker.#format();
      await broker.restart();
    } catch (err) {
      await broker[Symbol.asyncDispose]();
      throw err;
    }
    return broker;
  }

  /** `host:port`, without TLS and for everybody. */
  get address(): string {
    return `${HOST}:${String(this.#leases[0].port)}`;
  }

  get url(): string {
    return `kafka://${this.address}`;
  }

  /** By TLS, for a user. */
  secureUrlOf(password: string = USER.password): string {
    return `kafkas://${USER.name}:${password}@localhost:${String(this.#leases[2].port)}`;
  }

  /** Starts it again after `kill`; resolves when it answers. */
  async restart(): Promise<void> {
    await this.#server.start();
    await this.#untilAnswering();
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    await this.#server.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    for (const lease of this.#leases) lease[Symbol.dispose]();
    this.certificate[Symbol.dispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties');
  }

  async #format(): Promise<void> {
    const { certFile, keyFile } = this.certificate;
    const pem = join(this.#folder, 'broker.pem');
    await writeFile(pem, (await readFile(keyFile, 'utf8')) + (await readFile(certFile, 'utf8')));
    await writeFile(this.#properties, this.#settings(pem));
    const id = randomBytes(16).toString('base64url');
    const scram = `SCRAM-SHA-512=[name=${USER.name},password=${USER.password}]`;
    const args = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', this.#properties, '--add-scram', scram];
    await promisify(execFile)('java', [...JAVA, '-cp', `${this.#jars}/*`, ...args], { cwd: this.#folder });
  }

  #settings(pem: string): string {
    const [open, controller, secure] = this.#leases.map(({ port }) => String(port));
    return Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@${HOST}:${String(controller)}`,
      listeners: `OPEN://${HOST}:${String(open)},CONTROLLER://${HOST}:${String(controller)},SECURE://${HOST}:${String(secure)}`,
      'advertised.listeners': `OPEN://${HOST}:${String(open)},SECURE://localhost:${String(secure)}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,OPEN:PLAINTEXT,SECURE:SASL_SSL',
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'OPEN',
      'listener.name.secure.ssl.keystore.type': 'PEM',
      'listener.name.secure.ssl.keystore.location': pem,
      'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.secure.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'log.dirs': join(this.#folder, 'data'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'transaction.state.log.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
      // So that the tests need not wait for six seconds.
      'group.min.session.timeout.ms': '1000',
    })
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }

  async #untilAnswering(): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const admin = new Admin({ clientId: 'tests', bootstrapBrokers: [this.address], retries: 0 });
      try {
        await admin.listTopics();
        return;
      } catch (cause) {
        const isLate = performance.now() - startedAt > START_DEADLINE_MS;
        if (isLate || this.#server.pid === undefined) {
          throw new Error(`Kafka does not answer. Its output:\n${this.#server.output.slice(-SHOWN_LINES).join('\n')}`, {
            cause,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      } finally {
        await admin.close();
      }
    }
  }
}
