import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const POM = fileURLToPath(new URL('pom.xml', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../../../node_modules/.cache/', import.meta.url));
const HELP = 'the Kafka of the tests needs Java 11 and Maven (Debian: apt-get install default-jre-headless maven)';
const DEADLINE_MS = 300_000;

/**
 * The folder with the jars of a Kafka, which Maven fetches once.
 *
 * @throws Error that says what is missing
 */
export async function findBrokerJars(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = `${CACHE}outcry-kafka-${version}`;
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${String(process.pid)}`;
  try {
    const args = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
    await promisify(execFile)('mvn', args, { timeout: DEADLINE_MS });
    renameSync(unfinished, folder);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Error(HELP, { cause });
  }
  return folder;
}

/** Vitest's global set-up: before the first test, whose time is too short for it. */
export default async function setup(): Promise<void> {
  await findBrokerJars();
}
