import { CommandError } from '../command-error.ts';
import { type NoStatus, readStatus, type ServiceCheck, type ServiceStatus } from '../connection/internal-port.ts';
import type { ServerApi } from '../connection/server-api.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { formatDuration, formatMebibytes } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';

export interface StatusContext {
  readonly api: Pick<ServerApi, 'call'>;
  readonly output: Output;
}

export interface StatusOptions {
  /** Internal ports. */
  readonly urls: readonly string[];
  /** Whether gateways that are not among them are shown, too, as far as the cluster knows of them. */
  readonly hasRoster: boolean;
  readonly timeoutMs: number;
}

type Answer = ServiceStatus | NoStatus;

const HEAD = ['NODE', 'SERVICE', 'STATUS', 'VERSION', 'UP', 'MEMORY', 'LAG', 'LOAD'];
const UNKNOWN = '-';
const MS_PER_SECOND = 1000;

/**
 * Shows how services are, a line each, and below them everything that is not as it should be.
 *
 * @throws CommandError where one has no answer, or is not ready: for scripts
 */
export async function status({ api, output }: StatusContext, options: StatusOptions): Promise<void> {
  const { urls, hasRoster, timeoutMs } = options;
  const answers = await Promise.all(urls.map((url) => readStatus(url, timeoutMs)));
  const others = hasRoster ? await readOthers(api, answers) : [];
  const table = formatTable([HEAD, ...answers.map(rowOf), ...others.map(rosterRowOf)]);
  output.write([table, ...answers.flatMap(faultsOf)].join('\n'), { services: answers, roster: others });
  judge(answers);
}

function rowOf(answer: Answer): readonly string[] {
  if ('error' in answer) return [answer.url, UNKNOWN, 'no answer', ...Array<string>(5).fill(UNKNOWN)];
  const { node, service, version, uptimeSeconds, load } = answer;
  const { residentBytes, loopLagMs } = answer.process;
  return [
    node,
    service,
    answer.status,
    version,
    formatDuration(uptimeSeconds),
    formatMebibytes(Number(residentBytes)),
    `${String(Number(loopLagMs))} ms`,
    formatLoad(load),
  ].map(printable);
}

function formatLoad(load: Readonly<Record<string, number>>): string {
  const parts = Object.entries(load).map(([what, count]) => `${String(count)} ${what}`);
  return parts.length === 0 ? UNKNOWN : parts.join(', ');
}

/** What is wrong with a service, and for how long. */
function faultsOf(answer: Answer): readonly string[] {
  if ('error' in answer) return [`${answer.url}: ${printable(answer.error)}`];
  const faults = answer.checks.filter(({ ok }) => !ok);
  return faults.map((check) => printable(`${answer.node}: ${describeFault(check)}`));
}

function describeFault({ name, reason, since }: ServiceCheck): string {
  const seconds = (Date.now() - Date.parse(since)) / MS_PER_SECOND;
  return `${reason ?? name}, for ${Number.isNaN(seconds) ? UNKNOWN : formatDuration(seconds)}`;
}

/** A gateway as the cluster knows of it: the server API's `nodes`. */
type RosterEntry = Readonly<Record<string, unknown>>;

async function readOthers(api: Pick<ServerApi, 'call'>, answers: readonly Answer[]): Promise<readonly RosterEntry[]> {
  const { nodes } = await api.call('nodes', {});
  const shown = new Set(answers.map((answer) => ('error' in answer ? undefined : answer.node)));
  const entries = Array.isArray(nodes) ? (nodes as readonly RosterEntry[]) : [];
  return entries.filter(({ node }) => !shown.has(String(node)));
}

function rosterRowOf({ node, startedAt, isReady, ...counts }: RosterEntry): readonly string[] {
  const load = Object.fromEntries(
    Object.entries(counts).filter((count): count is [string, number] => typeof count[1] === 'number'),
  );
  const up = typeof startedAt === 'number' ? formatDuration((Date.now() - startedAt) / MS_PER_SECOND) : UNKNOWN;
  const state = isReady === true ? 'ok' : 'unready';
  return [String(node), 'gateway', state, UNKNOWN, up, UNKNOWN, UNKNOWN, formatLoad(load)].map(printable);
}

function judge(answers: readonly Answer[]): void {
  const silent = answers.filter((answer) => 'error' in answer).length;
  if (silent > 0)
    throw new CommandError(ExitCode.NoAnswer, `${String(silent)} of ${String(answers.length)} have no answer`);
  const unready = answers.filter((answer) => 'status' in answer && answer.status === 'unready').length;
  if (unready > 0)
    throw new CommandError(ExitCode.Refused, `${String(unready)} of ${String(answers.length)} are not ready`);
}
