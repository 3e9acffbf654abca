import type { Position } from '@outcry/protocol';
import { vi } from 'vitest';
import type { BrokerHandler, BrokerPart, BrokerStatus, RoomMessage, RoomSignal } from '../../src/index.ts';

const DEADLINE_MS = 20_000;

export interface Reset {
  readonly room: string;
  readonly position: Position;
}

/** A broker's handler that keeps what it is called with, and can be waited on. */
export class Recorder implements BrokerHandler {
  readonly messages: RoomMessage[] = [];
  readonly signals: RoomSignal[] = [];
  /** Of what is whole there are none. */
  readonly resets: Reset[] = [];
  readonly statuses: BrokerStatus[] = [];
  /** Of each shard, the statuses that it has had. */
  readonly shards = new Map<string, BrokerStatus[]>();
  /** Messages and resets of all rooms, in the order of the calls, as in `m 3`, `reset 2` and `goes on 3`. */
  readonly calls: string[] = [];

  handleMessage(message: RoomMessage): void {
    this.messages.push(message);
    this.calls.push(`m ${String(message.position.seq)}`);
  }

  handleSignal(signal: RoomSignal): void {
    this.signals.push(signal);
  }

  handleReset(room: string, position: Position, isWhole: boolean): void {
    if (!isWhole) this.resets.push({ room, position });
    this.calls.push(`${isWhole ? 'goes on' : 'reset'} ${String(position.seq)}`);
  }

  handleStatus(status: BrokerStatus, { shard }: BrokerPart): void {
    this.statuses.push(status);
    this.shards.set(shard, [...(this.shards.get(shard) ?? []), status]);
  }

  /** The positions of what a room has delivered. */
  seqs(room: string): number[] {
    return this.messages.filter((message) => message.room === room).map(({ position }) => position.seq);
  }

  async untilMessages(count: number, deadlineMs: number = DEADLINE_MS): Promise<readonly RoomMessage[]> {
    await this.until(() => this.messages.length >= count, deadlineMs);
    return this.messages;
  }

  /** Waits until delivery has been down and is up again. */
  untilUpAgain(): Promise<void> {
    return this.until(() => this.statuses.includes('down') && this.statuses.at(-1) === 'up');
  }

  /** Waits for a condition on what was recorded. */
  async until(condition: () => boolean, deadlineMs: number = DEADLINE_MS): Promise<void> {
    await vi.waitFor(
      () => {
        if (!condition())
          throw new Error(`not within ${String(deadlineMs)} ms: ${condition.toString()}; ${this.#summary()}`);
      },
      { timeout: deadlineMs, interval: 5 },
    );
  }

  #summary(): string {
    return `${String(this.messages.length)} messages, last calls: ${this.calls.slice(-5).join(', ')}`;
  }
}
