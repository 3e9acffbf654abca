import { vi } from 'vitest';
import type { MemberEvent, OutcryError, PresenceHandler, PresenceStore } from '../../src/index.ts';

const DEADLINE_MS = 20_000;

/** A presence handler that keeps what it is called with, and can be waited on. */
export class PresenceRecorder implements PresenceHandler {
  readonly events: MemberEvent[] = [];
  readonly reaped: number[] = [];
  readonly restored: number[] = [];
  readonly faults: OutcryError[] = [];

  handleMember(event: MemberEvent): void {
    this.events.push(event);
  }

  handleReaped(entries: number): void {
    this.reaped.push(entries);
  }

  handleRestored(entries: number): void {
    this.restored.push(entries);
  }

  handleFault(fault: OutcryError): void {
    this.faults.push(fault);
  }

  /** What was told of a room, as in `ann joined 2`. */
  told(room: string): string[] {
    return this.events
      .filter((event) => event.room === room)
      .map(({ user, change, count }) => `${user} ${change} ${String(count)}`);
  }

  async until(condition: () => boolean, deadlineMs: number = DEADLINE_MS): Promise<void> {
    await vi.waitFor(
      () => {
        if (!condition()) {
          const last = this.events.slice(-5).map(({ user, change }) => `${user} ${change}`);
          throw new Error(`not within ${String(deadlineMs)} ms: ${condition.toString()}; last: ${last.join(', ')}`);
        }
      },
      { timeout: deadlineMs, interval: 10 },
    );
  }
}

/** Who is in a room, as in `ann×2`, in the order of the names. */
export async function membersOf(presence: PresenceStore, room: string): Promise<string[]> {
  const { members } = await presence.list(room, 100_000);
  return members.map(({ user, connections }) => `${user}×${String(connections)}`).sort();
}

/** Waits until a node shows these members and no others. */
export async function untilMembers(presence: PresenceStore, room: string, expected: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const actual = await membersOf(presence, room);
      if (actual.join() !== [...expected].sort().join()) {
        throw new Error(`${room} has ${actual.slice(0, 20).join()}, not ${expected.slice(0, 20).join()}`);
      }
    },
    { timeout: DEADLINE_MS, interval: 20 },
  );
}
