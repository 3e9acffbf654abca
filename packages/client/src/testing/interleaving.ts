import { CLOSE_CODES, createClientCodec } from '@outcry/protocol';

import type { Effect } from '../core/effects.ts';
import { Machine } from '../core/machine.ts';
import { OutcryError } from '../primitives/errors.ts';
import type { ClientStatus } from '../core/status.ts';
import { BookReader } from './book-reader.ts';
import { FakeCluster } from './fake-cluster.ts';
import { FakeNetwork, toClientFrame } from './fake-network.ts';
import { RoomReader } from './room-reader.ts';
import { SeededRandom } from './seeded-random.ts';

const ROOMS = ['a', 'b'] as const;
const STEPS = 80;
const MAX_PASS_MS = 40_000;
/** A token that was asked for may take so long before it is asked for again. */
const FETCH_TIMEOUT_MS = 30_000;
/** Long enough for every backoff and time limit to pass. */
const SETTLING_MS = 600_000;
const CUTS = [
  1006,
  CLOSE_CODES.restart.code,
  CLOSE_CODES.slowConsumer.code,
  CLOSE_CODES.atCapacity.code,
  CLOSE_CODES.heartbeatTimeout.code,
];
const codec = createClientCodec('json');

/** One client, one cluster, and whatever the seed has happen between them. */
export class Interleaving {
  readonly faults: string[] = [];
  readonly #random: SeededRandom;
  readonly #machine: Machine;
  readonly #cluster: FakeCluster;
  readonly #readers = new Map<string, RoomReader>();
  readonly #settled = new Map<string, number>();
  readonly #published: string[] = [];
  /** What whoever drives the machine has been asked to do, and takes its time for. */
  readonly #chores: (() => void)[] = [];
  readonly #network: FakeNetwork;
  /** Whether gateways ask clients to move. */
  readonly #hasDrains: boolean;
  #token: { readonly ticket: number; readonly at: number } | undefined;
  #book: BookReader | undefined;
  #status: ClientStatus = { state: 'connecting' };
  #now = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#cluster = new FakeCluster(this.#random.next);
    this.#network = new FakeNetwork(this.#random);
    this.#hasDrains = this.#random.chance(0.5);
    this.#machine = new Machine({
      backoff: { baseMs: 1_000, maxMs: 30_000 },
      connectTimeoutMs: 10_000,
      pingAfterMs: 15_000,
      pongTimeoutMs: 5_000,
      hasToken: this.#random.chance(0.5),
      canRefresh: true,
      maxRequests: 20,
      maxFramesPerSecond: this.#random.chance(0.3) ? 2 : 45,
      random: this.#random.next,
    });
  }

  /** What went wrong, in words; nothing where nothing did. */
  run(): readonly string[] {
    this.#step(() => {
      this.#machine.start(this.#now);
    });
    for (let i = 0; i < STEPS; i++) this.#disturb();
    this.#settle();
    this.#judge();
    this.#close();
    return [...this.faults, ...this.#cluster.faults];
  }

  #disturb(): void {
    const room = this.#random.pick(ROOMS);
    const actions = [
      this.#ofTheApplication(room),
      this.#ofTheCluster(room),
      this.#ofTheFeed(),
      this.#ofTheNetwork(),
      this.#ofTheNetwork(),
    ];
    this.#random.pick(this.#random.pick(actions))();
  }

  #ofTheApplication(room: string): readonly (() => void)[] {
    const publish = (): void => {
      this.#publish(room);
    };
    const open = (): void => {
      this.#open(room);
    };
    const leave = (): void => {
      this.#leave(room);
    };
    const answerToken = (): void => {
      this.#answerToken();
    };
    const work = (): void => {
      this.#doChore(this.#random.below(this.#chores.length));
    };
    const nudge = (): void => {
      this.#step(() => {
        this.#machine.nudge(this.#random.pick(['online', 'offline', 'seen', 'asked'] as const), this.#now);
      });
    };
    const watch = (): void => {
      this.#watch();
    };
    const unwatch = (): void => {
      this.#unwatch();
    };
    return [publish, publish, open, leave, answerToken, nudge, watch, unwatch, work];
  }

  #ofTheFeed(): readonly (() => void)[] {
    const watcher = this.#network.pickOpen()?.connection.watcher;
    if (watcher === undefined) return [() => undefined];
    const change = (): void => {
      this.#cluster.changeBook();
    };
    const spoil = (): void => {
      this.#cluster.changeBook(this.#random.pick([{ isLost: true }, { isWrong: true }]));
    };
    const beat = (): void => {
      watcher.beat();
    };
    const age = (): void => {
      watcher.age(this.#random.pick(['stale', 'fresh'] as const));
    };
    const renumber = (): void => {
      this.#cluster.renumberBook();
    };
    const lag = (): void => {
      if (this.#random.chance(0.5)) watcher.lag();
      else watcher.catchUp();
    };
    return [change, change, change, spoil, beat, age, renumber, lag, lag];
  }

  #ofTheCluster(room: string): readonly (() => void)[] {
    const publish = (): void => {
      this.#cluster.publish(room, 'by another', `other-${String(this.#random.next())}`);
    };
    const repeat = (): void => {
      this.#cluster.repeat(room);
    };
    const refuse = (): void => {
      this.#cluster.refusals = this.#random.below(4);
    };
    const lose = (): void => {
      if (this.#random.chance(0.2)) this.#cluster.loseRoom(room);
    };
    const trim = (): void => {
      if (this.#random.chance(0.5)) this.#cluster.trimRoom(room);
    };
    return [publish, publish, repeat, refuse, lose, trim];
  }

  #ofTheNetwork(): readonly (() => void)[] {
    const deliver = (): void => {
      this.#deliver();
    };
    const wait = (): void => {
      this.#pass(this.#random.below(500));
    };
    const waitLong = (): void => {
      this.#pass(this.#random.below(MAX_PASS_MS));
    };
    const cut = (): void => {
      this.#cut();
    };
    const speakLate = (): void => {
      this.#speakLate();
    };
    const drain = (): void => {
      if (this.#hasDrains) this.#cluster.drain(this.#network.pickOpen()?.connection);
    };
    return [deliver, deliver, deliver, deliver, wait, waitLong, cut, speakLate, drain];
  }

  /** Nothing is in the way any more. */
  #settle(): void {
    this.#cluster.refusals = 0;
    const until = this.#now + SETTLING_MS;
    for (let i = 0; this.#now < until; i++) {
      if (i > 20_000) {
        this.faults.push('it does not come to rest');
        return;
      }
      if (this.#network.isSpeaking) this.#deliver();
      else if (this.#chores.length > 0) this.#doChore(0);
      else if (this.#token !== undefined) this.#answerToken(true);
      else if (this.#isAtRest()) return;
      else this.#goOn(until);
    }
  }

  #goOn(until: number): void {
    this.#pass(Math.min(until, this.#machine.nextAlarmAt) - this.#now);
    for (const { connection } of this.#network.open) connection.watcher.recover();
  }

  #isAtRest(): boolean {
    return (
      this.#status.state === 'connected' &&
      !this.#status.isDraining &&
      this.#network.open.length === 1 &&
      this.#machine.pendingRequests === 0 &&
      this.#book?.isAtHead !== false &&
      [...this.#readers.values()].every(({ room }) => room.isJoined)
    );
  }

  #judge(): void {
    if (!this.#isAtRest()) this.faults.push(`stuck, ${this.#status.state}`);
    for (const [name, { room }] of this.#readers) {
      const { epoch, log } = this.#cluster.room(name);
      const { position } = room;
      if (position?.epoch !== epoch || position.seq !== log.length) this.faults.push(`${name}: not at the head`);
      const keys = log.map(({ key }) => key);
      if (new Set(keys).size !== keys.length) this.faults.push(`${name}: stored twice`);
    }
    for (const key of this.#published) {
      if (this.#settled.get(key) !== 1) this.faults.push(`${key} settled ${String(this.#settled.get(key))} times`);
    }
  }

  #close(): void {
    this.#open('a');
    this.#watch();
    this.#publish('a');
    this.#step(() => {
      this.#machine.close();
    });
    if (this.#machine.nextAlarmAt !== Infinity) this.faults.push('a timer is left');
    if (this.#machine.pendingRequests > 0) this.faults.push('a request is left');
    if (this.#network.open.length > 0) this.faults.push('a socket is left');
  }

  #open(name: string): void {
    if (this.#readers.has(name)) return;
    const reader = new RoomReader(name, this.#machine, { random: this.#random.next, faults: this.faults });
    this.#readers.set(name, reader);
    this.#step(() => {
      this.#machine.openRoom(reader.room, this.#now);
    });
  }

  #leave(name: string): void {
    const reader = this.#readers.get(name);
    if (reader === undefined || this.#random.chance(0.5)) return;
    this.#readers.delete(name);
    this.#step(() => {
      this.#machine.closeRoom(reader.room, this.#now);
    });
  }

  #watch(): void {
    if (this.#book !== undefined) return;
    const parts = { machine: this.#machine, source: this.#cluster.book, random: this.#random.next };
    const { book } = (this.#book = new BookReader({ ...parts, faults: this.faults }));
    this.#step(() => {
      this.#machine.openBook(book, this.#now);
    });
  }

  #unwatch(): void {
    const book = this.#book?.book;
    if (book === undefined || this.#random.chance(0.8)) return;
    this.#book = undefined;
    this.#step(() => {
      this.#machine.closeBook(book, this.#now);
    });
  }

  #publish(name: string): void {
    const room = this.#readers.get(name)?.room;
    if (room === undefined) return;
    const id = this.#machine.nextId();
    const key = `own-${String(id)}`;
    this.#published.push(key);
    const frame = codec.encodeClient({ type: 'publish', id, room: name, data: key, key });
    const encoded = { frame, bytes: frame.length };
    const settle = (error?: OutcryError): void => {
      this.#settled.set(key, (this.#settled.get(key) ?? 0) + 1);
      if (isPatient && error?.code === 'timedOut') this.faults.push(`${key} was not repeated`);
    };
    const isPatient = this.#random.chance(0.5);
    const deadlineAt = this.#now + (isPatient ? 2 * SETTLING_MS + STEPS * MAX_PASS_MS : 30_000);
    const details = {
      room,
      lane: undefined,
      deadlineAt,
      isRepeatable: true,
      isPublish: true,
      isCall: false,
      encoded: this.#random.chance(0.5) ? encoded : undefined,
      isUnchecked: this.#random.chance(0.3),
      encodeFor: (user: string) => {
        this.#chores.push(() => {
          this.#machine.handleEncoded(id, { user, encoded }, this.#now);
        });
      },
    };
    if (details.isUnchecked) {
      const isRight = this.#random.chance(0.8);
      this.#chores.push(() => {
        if (isRight) this.#machine.handleChecked(id, this.#now);
        else this.#machine.refuse(id, new OutcryError('invalidData', 'not right'), this.#now);
      });
    }
    const resolve = (): void => {
      settle();
    };
    this.#step(() => {
      this.#machine.request({ id, ...details, resolve, reject: settle }, this.#now);
    });
  }

  #doChore(index: number): void {
    const [chore] = this.#chores.splice(index, 1);
    if (chore !== undefined) this.#step(chore);
  }

  #deliver(): void {
    const line = this.#network.pickSpoken();
    const frame = line?.connection.arriving.shift();
    if (line === undefined || frame === undefined) return;
    const { socket, connection } = line;
    this.#cluster.arrived(connection, frame);
    this.#step(() => {
      this.#machine.handleFrame(socket, frame, this.#now);
    });
  }

  /** Time goes by, alarm by alarm. */
  #pass(ms: number): void {
    const until = this.#now + ms;
    for (let alarms = 0; this.#machine.nextAlarmAt <= until; alarms++) {
      if (alarms > 1_000) {
        this.faults.push('alarms without end');
        break;
      }
      this.#now = Math.max(this.#now, this.#machine.nextAlarmAt);
      this.#step(() => {
        this.#machine.handleAlarm(this.#now);
      });
    }
    this.#now = Math.max(this.#now, until);
  }

  /** A socket that was given up is not heard. */
  #speakLate(): void {
    const line = this.#network.pickOver();
    if (line === undefined) return;
    const frame = line.connection.arriving.shift();
    this.#step(() => {
      if (frame === undefined)
        this.#machine.handleLoss(line.socket, { code: CLOSE_CODES.unauthenticated.code }, this.#now);
      else this.#machine.handleFrame(line.socket, frame, this.#now);
    });
  }

  #answerToken(isGood = this.#random.chance(0.7)): void {
    if (this.#token === undefined) return;
    const { ticket } = this.#token;
    this.#token = undefined;
    this.#step(() => {
      if (isGood) this.#machine.handleToken(ticket, 'ann', this.#now);
      else this.#machine.handleTokenFailure(ticket, new Error('no token'), this.#now);
    });
  }

  #cut(): void {
    const socket = this.#network.pickOpen()?.socket;
    if (socket === undefined) return;
    this.#network.drop(socket);
    this.#step(() => {
      this.#machine.handleLoss(socket, { code: this.#random.pick(CUTS) }, this.#now);
    });
  }

  #step(happen: () => void): void {
    this.#cluster.now = this.#now;
    happen();
    for (let effects = this.#machine.takeEffects(); effects.length > 0; effects = this.#machine.takeEffects()) {
      for (const effect of effects) this.#perform(effect);
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'fetchToken':
        // A connection that takes the place of another has a token of its own.
        if (!this.#hasDrains && this.#token !== undefined && this.#now < this.#token.at + FETCH_TIMEOUT_MS) {
          this.faults.push('a second token asked for while the first is on its way');
        }
        this.#token = { ticket: effect.ticket, at: this.#now };
        return;
      case 'opened':
        this.faults.push(`${effect.joined.frame.room} was joined without having been asked for`);
        return;
      case 'openSocket':
        this.#network.add(effect.socket, this.#cluster.connect());
        return;
      case 'dropSocket':
        this.#network.drop(effect.socket);
        return;
      case 'send':
        this.#cluster.handle(this.#network.find(effect.socket), toClientFrame(effect.frame));
        return;
      case 'status':
        this.#status = effect.status;
        return;
      case 'resolve':
        effect.request.resolve(effect.answer);
        return;
      case 'reject':
        effect.request.reject(effect.error);
        return;
      case 'encode':
        effect.request.encodeFor(effect.user);
        return;
      case 'room':
        effect.room.listener(effect.news);
        return;
      case 'book':
        effect.book.listener(effect.news);
        return;
    }
  }
}
