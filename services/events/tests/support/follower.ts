import type { HookQuestion } from '@outcry/testkit';

/** An event as docs/EVENTS.md describes it. */
export interface ToldEvent {
  readonly id: string;
  readonly event: string;
  readonly at: number;
  readonly partition: number;
  readonly seq: number;
  readonly room: string;
  readonly user: string;
  readonly count: number;
  readonly connection: string;
  readonly run: string;
  readonly lost: number | null;
  readonly undelivered: number;
  readonly again?: true;
}

export function eventsOf({ body }: Pick<HookQuestion, 'body'>): readonly ToldEvent[] {
  return body['events'] as readonly ToldEvent[];
}

/** Keeps what it is told as docs/EVENTS.md says: each id once, and who is where. */
export class Follower {
  readonly #ids = new Map<string, string>();
  readonly #members = new Map<string, Set<string>>();
  readonly #occupied = new Set<string>();
  readonly #connections = new Map<string, string>();
  /** What cannot be: somebody who joins a room twice, or leaves one without having been there. */
  readonly faults: string[] = [];
  readonly lost: ToldEvent[] = [];
  readonly #numbers = new Map<number, Set<number>>();
  doubles = 0;

  follow(event: ToldEvent): void {
    const text = JSON.stringify({ ...event, again: undefined });
    const known = this.#ids.get(event.id);
    if (known !== undefined) {
      this.doubles += 1;
      if (known !== text && event.event !== 'events lost') this.faults.push(`two events have the id ${event.id}`);
      return;
    }
    this.#ids.set(event.id, text);
    if (event.event !== 'events lost') this.#number(event);
    this.#apply(event);
  }

  /** Numbers that were passed over: where all kinds of events are told there are none, unless some were missed. */
  get missing(): number {
    return [...this.#numbers.values()].reduce((sum, numbers) => {
      const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
      return sum + last - first + 1 - numbers.size;
    }, 0);
  }

  get told(): number {
    return this.#ids.size;
  }

  /** Rooms in which somebody is, with their members. */
  get members(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#members;
  }

  get occupied(): ReadonlySet<string> {
    return this.#occupied;
  }

  /** Those that are open, with their users. */
  get connections(): ReadonlyMap<string, string> {
    return this.#connections;
  }

  #number({ partition, seq }: ToldEvent): void {
    this.#numbers.set(partition, (this.#numbers.get(partition) ?? new Set<number>()).add(seq));
  }

  #apply(event: ToldEvent): void {
    const { room, user } = event;
    const connection = `${event.run}/${event.connection}`;
    switch (event.event) {
      case 'room occupied':
        this.#expect(event, !this.#occupied.has(room));
        this.#occupied.add(room);
        break;
      case 'room vacated':
        this.#expect(event, this.#occupied.delete(room));
        break;
      case 'member joined':
        this.#expect(event, this.#members.get(room)?.has(user) !== true);
        this.#members.set(room, (this.#members.get(room) ?? new Set<string>()).add(user));
        this.#expect(event, this.#members.get(room)?.size === event.count);
        break;
      case 'member left':
        this.#expect(event, this.#members.get(room)?.delete(user) === true);
        this.#expect(event, this.#members.get(room)?.size === event.count);
        if (this.#members.get(room)?.size === 0) this.#members.delete(room);
        break;
      case 'connection opened':
        this.#expect(event, !this.#connections.has(connection));
        this.#connections.set(connection, user);
        break;
      case 'connection closed':
        this.#expect(event, this.#connections.delete(connection));
        break;
      default:
        this.lost.push(event);
    }
  }

  #expect(event: ToldEvent, isPossible: boolean): void {
    if (!isPossible) this.faults.push(`cannot be: ${JSON.stringify(event)}`);
  }
}
