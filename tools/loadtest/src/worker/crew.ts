import { addFaults, type Faults, NO_FAULTS } from '../check/faults.ts';
import { Heads } from '../check/heads.ts';
import type { RoomClaims } from '../check/claims.ts';
import { SeenMessages } from '../check/seen-messages.ts';
import { addStaleSpells, NO_STALE_SPELLS } from '../check/staleness.ts';
import { Churner } from '../client/churner.ts';
import { LoadClient } from '../client/load-client.ts';
import { Member } from '../client/member.ts';
import { createPadding } from '../client/payload.ts';
import type { Role } from '../client/role.ts';
import { SlowReader } from '../client/slow-reader.ts';
import { Watcher } from '../client/watcher.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Sample } from '../measure/sample.ts';
import { type Assignment, assign } from '../plan/assignment.ts';
import type { Plan } from '../plan/plan.ts';
import type { CrewVerdict, WorkerTask } from './messages.ts';
import { Pacer } from './pacer.ts';

/** Something that a client does besides what its role asks for. */
interface Habit {
  start(): void;
  stop(): void;
}

interface Seat {
  readonly client: LoadClient;
  readonly role: Role;
  /** Absent where the role is a watcher. */
  readonly member: Member | undefined;
  readonly assignment: Assignment;
  readonly habits: readonly Habit[];
}

/** The clients of one worker: all connections `index`, `index + workers`, … of the plan. */
export class Crew {
  readonly #plan: Plan;
  readonly #recorder: Recorder;
  readonly #heads = new Heads();
  readonly #seen = new SeenMessages();
  readonly #seats: readonly Seat[];
  readonly #publishers: readonly Member[];
  readonly #habits: readonly Habit[];
  readonly #ramp: NodeJS.Timeout[] = [];
  #nextPublisher = 0;

  constructor(task: WorkerTask, recorder: Recorder) {
    const { plan } = task;
    this.#plan = plan;
    this.#recorder = recorder;
    const seats = [...this.#createSeats(task)];
    const habits = seats.flatMap((seat) => seat.habits);
    const publishers = seats.flatMap(({ assignment, member }) =>
      assignment.isPublisher && member !== undefined ? [member] : [],
    );
    if (publishers.length > 0) habits.push(this.#createPacer(publishers.length / plan.publishers));
    this.#seats = seats;
    this.#publishers = publishers;
    this.#habits = habits;
  }

  /** Whether every client is where it should be, or has been told to stay away. */
  get isReady(): boolean {
    return this.#seats.every(({ client, role }) => role.isReady || client.hasGivenUp);
  }

  get unacknowledged(): number {
    return this.#publishers.reduce((sum, member) => sum + member.unacknowledged, 0);
  }

  /** The last acknowledged position of each room, as far as this crew knows. */
  get heads(): Heads {
    return this.#heads;
  }

  /** Connects one client after the other. */
  connect(index: number): void {
    const { workers, connections, rampMs } = this.#plan;
    for (const [i, { client }] of this.#seats.entries()) {
      const at = (rampMs * (index + i * workers)) / connections;
      const timer = setTimeout(() => {
        client.start();
      }, at);
      this.#ramp.push(timer);
    }
  }

  /** Begins with everything that makes load. */
  begin(): void {
    const absent = this.#seats.filter(({ role }) => !role.isReady).length;
    for (let i = 0; i < absent; i++) this.#recorder.error('not connected and joined when the load began');
    const now = performance.now();
    for (const { role, assignment } of this.#started) if (assignment.isListener) role.listen(now);
    for (const habit of this.#habits) habit.start();
  }

  /** Ends it; the clients stay. */
  stop(): void {
    for (const timer of this.#ramp) clearTimeout(timer);
    for (const habit of this.#habits) habit.stop();
    const now = performance.now();
    for (const { role } of this.#seats) role.stopListening(now);
  }

  /** What the clients saw since the last call. */
  take(): { readonly sample: Sample; readonly claims: readonly RoomClaims[] } {
    return { sample: this.#recorder.take(), claims: this.#seen.take() };
  }

  hasReached(heads: Heads): boolean {
    return this.#started.every(({ client, role }) => role.hasReached(heads) || client.hasGivenUp);
  }

  /** The verdict on everybody, and the end of all connections. */
  finish(heads: Heads): CrewVerdict {
    const seats = this.#started;
    const faultsOf = (some: readonly Seat[]): Faults =>
      some.reduce((sum, { role }) => addFaults(sum, role.faults(heads)), NO_FAULTS);
    const verdict = {
      faults: faultsOf(seats.filter(({ assignment }) => !assignment.isSlow)),
      slowFaults: faultsOf(seats.filter(({ assignment }) => assignment.isSlow)),
      broken: [...new Set(seats.flatMap(({ member }) => member?.broken ?? []))],
      expected: seats.length,
      absent: seats.filter(({ role }) => !role.isReady).length,
      silencesMs: seats.flatMap(({ role }) => role.longestSilenceMs ?? []),
      stale: seats.reduce((sum, { client }) => addStaleSpells(sum, client.staleSpells), NO_STALE_SPELLS),
    };
    for (const { client } of seats) client.stop();
    return verdict;
  }

  /** All of them, unless the run was interrupted while they were connecting. */
  get #started(): readonly Seat[] {
    return this.#seats.filter(({ client }) => client.isWanted);
  }

  *#createSeats({ plan, access, index }: WorkerTask): Generator<Seat> {
    const recorder = this.#recorder;
    const padding = createPadding(plan.sizeBytes);
    for (let i = index; i < plan.connections; i += plan.workers) {
      const assignment = assign(plan, i);
      const { room, symbols, isSlow, isChurning, isMirroring } = assignment;
      const common = { runId: plan.runId, publisher: i, padding, recorder, heads: this.#heads, seen: this.#seen };
      const member = room === undefined ? undefined : new Member({ ...common, room, isSlow });
      const role = member ?? new Watcher({ ...plan.books, symbols, isMirroring, recorder });
      const client = new LoadClient({
        urls: plan.urls,
        assignment,
        token: access.tokens[i % access.tokens.length],
        isInsecure: access.isInsecure,
        role,
        recorder,
      });
      const habits: Habit[] = [];
      if (member !== undefined && isChurning) habits.push(new Churner(client, member, plan.churn));
      if (isSlow) habits.push(new SlowReader(client, plan.slow));
      yield { client, role, member, assignment, habits };
    }
  }

  #createPacer(share: number): Pacer {
    const { rate, durationMs } = this.#plan;
    return new Pacer({
      rate,
      durationMs,
      share,
      send: () => {
        this.#publish();
      },
      lagged: (lagMs) => {
        this.#recorder.paceLag(lagMs);
      },
    });
  }

  /** One after the other; who is not there is passed over, and where nobody is, the message waits for one who comes back. */
  #publish(): void {
    this.#recorder.count('due');
    const publisher =
      this.#nextOf(({ isReady, isFull }) => isReady && !isFull) ?? this.#nextOf(({ isFull }) => !isFull);
    publisher?.publish();
  }

  #nextOf(isFit: (publisher: Member) => boolean): Member | undefined {
    for (let tries = this.#publishers.length; tries > 0; tries--) {
      const publisher = this.#publishers[this.#nextPublisher++ % this.#publishers.length];
      if (publisher !== undefined && isFit(publisher)) return publisher;
    }
    return undefined;
  }
}
