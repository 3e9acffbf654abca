import { type ControlBus, type NodeRoster, OutcryError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { encodeControlNotice } from './control-notice.ts';
import { decodeNodeReport, type NodeReport } from './node-report.ts';
import { countFor, planMoves } from './plan-moves.ts';

/** Longer than a gateway's report may be old, so that what was moved in one period is known in the next. */
export const BALANCE_PERIOD_MS = 5000;
/** So many looks in a row must find a surplus: one that passes by itself, as behind a restart, is none. */
const LOOKS_BEFORE = 2;

export interface BalancerOptions {
  /** As this gateway names itself in its report. */
  readonly node: string;
  readonly nodes: Pick<NodeRoster, 'list'>;
  readonly control: Pick<ControlBus, 'tell'>;
  readonly floor: number;
  readonly logger: Pick<Logger, 'info' | 'debug'>;
}

/**
 * Has gateways with too many clients ask some of them to move. One gateway decides for all: the one that has been there the longest, by
 * the roster, whose entries are leases. Where two take themselves for it for a moment, both say nearly the same, and whoever is told
 * twice does it once.
 */
export class Balancer {
  readonly #options: BalancerOptions;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #isUnderWay = false;
  /** Whether this gateway decides, as of the last look. */
  isDecider = false;

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), BALANCE_PERIOD_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never rejects: who cannot see all decides nothing. */
  async look(): Promise<void> {
    try {
      await this.#decide(await readReports(this.#options.nodes));
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#options.logger.debug({ err }, 'balance not looked at');
    }
  }

  async #decide(reports: readonly NodeReport[]): Promise<void> {
    const { node, floor } = this.#options;
    this.isDecider = oldestOf(reports)?.node === node;
    const isUnderWay = this.#isUnderWay;
    const plan = this.isDecider ? planMoves(reports, { floor, isUnderWay }) : [];
    this.#looks = plan.length === 0 ? 0 : this.#looks + 1;
    this.#isUnderWay = this.#looks >= LOOKS_BEFORE;
    if (this.#isUnderWay) await tellMoves(reports, plan, this.#options);
  }
}

/** @throws OutcryError `unavailable` */
export async function readReports(nodes: Pick<NodeRoster, 'list'>): Promise<readonly NodeReport[]> {
  const reports = (await nodes.list()).map(({ report }) => decodeNodeReport(report));
  return reports.filter((report) => report !== undefined);
}

/** Tells each of them how many clients to ask in the next period. @throws OutcryError `unavailable` */
export async function tellMoves(
  reports: readonly NodeReport[],
  plan: ReturnType<typeof planMoves>,
  { control, logger }: Pick<BalancerOptions, 'control' | 'logger'>,
): Promise<void> {
  for (const move of plan) {
    const count = countFor(move, { plan, reports }, { periodMs: BALANCE_PERIOD_MS });
    if (count === 0) continue;
    const { node, surplus } = move;
    logger.info({ to: node, surplus, count }, 'clients to move');
    await control.tell(encodeControlNotice({ kind: 'move', node, count }));
  }
}

function oldestOf(reports: readonly NodeReport[]): NodeReport | undefined {
  const [oldest] = reports
    .filter(({ isReady }) => isReady)
    .sort((a, b) => a.startedAt - b.startedAt || a.node.localeCompare(b.node));
  return oldest;
}
