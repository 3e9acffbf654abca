import { type NodeRoster, OutcryError, UnwritableError } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import { encodeNodeReport, type NodeReport, type ReportExtras } from './node-report.ts';

/** A lost gateway counts for nothing any more after at most both together. */
const ATTEND_MS = 2000;
const LEASE_MS = 6000;

export interface AttendanceOptions {
  /** Names this run of the gateway. */
  readonly id: string;
  readonly nodes: NodeRoster;
  readonly report: () => NodeReport;
  /** While somebody looks. */
  readonly extras: () => ReportExtras;
  /** This node had counted as lost: what the others know of it may be gone. */
  readonly onReturn: () => void;
  readonly logger: Logger;
}

/** Says every two seconds that this gateway is there, and how it is. */
export class Attendance {
  readonly #options: AttendanceOptions;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  /** Something has changed while the last report was on its way. */
  #mustTellAgain = false;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** Resolves when the cluster knows of this node, or nobody can tell it now. @throws OutcryError `unavailable` */
  async start(): Promise<void> {
    try {
      await this.#attend();
    } catch (err) {
      if (!(err instanceof UnwritableError)) throw err;
      this.#options.logger.warn({ err }, 'attendance not begun');
    }
    this.#timer = setInterval(() => void this.tell(), ATTEND_MS).unref();
  }

  /** Never rejects: whoever cannot say that it goes is missed soon enough. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#options.nodes.leave(this.#options.id).catch(() => undefined);
  }

  /** Says how this node is, as it does every two seconds: at once, where others should know. Never rejects. */
  async tell(): Promise<void> {
    this.#mustTellAgain = this.#isBusy;
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (!(await this.#attend())) this.#options.onReturn();
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#options.logger.debug({ err }, 'attendance not renewed');
    } finally {
      this.#isBusy = false;
    }
    if (this.#mustTellAgain) await this.tell();
  }

  /** Whether it was present before. */
  #attend(): Promise<boolean> {
    const { id, nodes, report, extras } = this.#options;
    return nodes.attend({ id, report: encodeNodeReport(report(), extras()) }, LEASE_MS);
  }
}
