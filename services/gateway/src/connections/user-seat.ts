import type { ConnectionLimits, Seat } from '../limits/connection-limits.ts';
import { describeExceeded } from '../limits/exceeded-limit.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Connection } from './connection.ts';

export interface SeatParts {
  readonly connectionLimits: Pick<ConnectionLimits, 'seatUser'>;
  readonly metrics: Pick<GatewayMetrics, 'countError'>;
}

/**
 * The place of a connection among all that its user has, where users may have only so many. Who it is decides, not what it is for:
 * whatever has an identity takes one.
 */
export class UserSeat {
  readonly #holder: Pick<Connection, 'sendFrame' | 'close'>;
  readonly #parts: SeatParts;
  #seat: Seat | undefined;

  constructor(holder: Pick<Connection, 'sendFrame' | 'close'>, parts: SeatParts) {
    this.#holder = holder;
    this.#parts = parts;
  }

  /** In place of the seat that it has. Where there is none left the connection is told so, and closed, a moment later. */
  take(user: string): void {
    this.leave();
    this.#seat = this.#parts.connectionLimits.seatUser(user, (limit) => {
      const { error, closeCode } = describeExceeded(limit, 'user');
      this.#parts.metrics.countError(error.code);
      this.#holder.sendFrame(error);
      this.#holder.close(closeCode);
    });
  }

  leave(): void {
    this.#seat?.leave();
    this.#seat = undefined;
  }
}
