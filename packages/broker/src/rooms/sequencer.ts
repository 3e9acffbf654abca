import type { Position } from '@outcry/protocol';
import type { RoomHistory, RoomMessage } from './broker.ts';

/** Bytes of messages that wait for a hole to be read. What is over is dropped and read from the stream afterwards. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Counted for each message besides its frame, so that small ones are bounded too. */
const MESSAGE_OVERHEAD_BYTES = 256;

/** One serves the sequencers of all rooms. */
export interface SequencerPort {
  handleMessage(message: RoomMessage): void;
  handleReset(room: string, position: Position, isWhole: boolean): void;
  /** The messages behind the position's `seq` that are still there, from the lowest, as many as one read returns. */
  readAfter(room: string, position: SeenPosition): Promise<RepairRead>;
  handleRepaired(room: string, messages: number): void;
  /** The stream could not be read: nothing is delivered until `repair` is called again and succeeds. */
  handleStalled(room: string): void;
}

export interface RepairRead extends Omit<RoomHistory, 'hasMore' | 'isContinued'> {
  /**
   * Where the head is of another epoch than the position that was asked about: up to where its messages were handed on already,
   * under that other one.
   */
  readonly seenUpTo: number;
  /** And whether that is all that the other epoch has had up to the position. */
  readonly isContinued: boolean;
}

/** A position, and when the message there was numbered: that tells it from another one that got its number after a loss of data. */
export interface SeenPosition extends Position {
  /** 0 where that is not known. */
  readonly at: number;
}

type State = 'opening' | 'live' | 'repairing' | 'stalled' | 'closed';

/**
 * Makes one room's order out of what its channel brings.
 *
 * The next message is handed on; one that was handed on before is dropped; anything else means that messages were missed, or
 * that the numbering has begun anew. Then what is stored is read, once, while what arrives meanwhile waits, and the order goes
 * on from there; what cannot be read any more is announced by a reset.
 */
export class Sequencer {
  readonly #room: string;
  readonly #port: SequencerPort;
  #state: State = 'opening';
  #position: SeenPosition = { epoch: '', seq: 0, at: 0 };
  #queue: RoomMessage[] = [];
  #queuedBytes = 0;
  /** Something behind the queue was missed: only the stream knows it. */
  #mustRead = false;
  #mustAnnounce = false;
  /** What is to be announced is another name of the numbering, and nothing more. */
  #isContinued = false;
  #repair: Promise<boolean> | undefined;

  constructor(room: string, port: SequencerPort) {
    this.#room = room;
    this.#port = port;
  }

  get position(): SeenPosition {
    return this.#position;
  }

  /** Delivery will begin behind this position: messages wait for `open`. */
  place(position: SeenPosition): void {
    this.#position = position;
  }

  open(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'live';
    this.#drain();
    if (this.#mustRead || this.#queue.length > 0) void this.repair();
  }

  receive(message: RoomMessage): void {
    switch (this.#state) {
      case 'live':
        if (!this.#tryDeliver(message)) {
          this.#enqueue(message);
          void this.repair();
        }
        return;
      case 'opening':
      case 'repairing':
        this.#enqueue(message);
        return;
      case 'stalled':
      case 'closed':
        return;
    }
  }

  /** Compares with the room's newest position and catches up with it. False where the stream could not be read. */
  catchUp(head: Position): Promise<boolean> {
    const isWhole = this.#state === 'live' && head.epoch === this.#position.epoch && head.seq <= this.#position.seq;
    if (isWhole) return Promise.resolve(true);
    this.#mustRead = true;
    return this.#state === 'opening' ? Promise.resolve(true) : this.repair();
  }

  /** Reads what was missed, unless that is being done. Resolves to whether delivery is whole again; false: it has stalled. */
  repair(): Promise<boolean> {
    if (this.#isClosed()) return Promise.resolve(true);
    this.#repair ??= this.#runRepair();
    return this.#repair;
  }

  close(): void {
    this.#state = 'closed';
    this.#clearQueue();
  }

  async #runRepair(): Promise<boolean> {
    this.#state = 'repairing';
    try {
      do {
        this.#mustRead = false;
        const known = this.#queue.length;
        const history = await this.#port.readAfter(this.#room, this.#position);
        this.#apply(history, known);
      } while (this.#hasMore());
      if (!this.#isClosed()) this.#state = 'live';
      return true;
    } catch {
      if (this.#isClosed()) return true;
      // Nothing is lost by forgetting the queue: whoever repairs later reads it from the stream.
      this.#state = 'stalled';
      this.#clearQueue();
      this.#port.handleStalled(this.#room);
      return false;
    } finally {
      this.#repair = undefined;
    }
  }

  /**
   * Goes on with what was read. The first `known` of the queue arrived before the read began: where they are of another
   * epoch than the head, theirs is over.
   */
  #apply({ head, messages, seenUpTo, isContinued }: RepairRead, known: number): void {
    if (head.epoch !== this.#position.epoch) {
      // Numbering has begun anew, and what was read belongs to a seq of the old one: read from where the new one is new.
      this.#position = { epoch: head.epoch, seq: seenUpTo, at: 0 };
      this.#isContinued = isContinued && (this.#isContinued || !this.#mustAnnounce);
      this.#mustAnnounce = true;
      this.#mustRead = true;
      return;
    }
    const before = this.#position.seq;
    for (const message of messages) this.#deliverPastHole(message);
    if (this.#position.seq > before) {
      this.#port.handleRepaired(this.#room, messages.length);
      this.#mustRead ||= this.#position.seq < head.seq;
      if (this.#mustRead) return;
    }
    this.#deliverQueuedUpTo(head, known);
    if (this.#position.seq < head.seq) this.#jump(head.seq);
    if (this.#mustAnnounce) this.#jump(this.#position.seq);
    this.#drain();
  }

  /** What lies before the head and was not stored is not to be had, so what has arrived of it goes on past holes. */
  #deliverQueuedUpTo(head: Position, known: number): void {
    const isSettled = ({ position: { epoch, seq } }: RoomMessage, index: number): boolean =>
      epoch === head.epoch ? seq <= head.seq : index < known;
    const stop = this.#queue.findIndex((message, index) => !isSettled(message, index));
    for (const message of this.#takeQueued(stop)) {
      // A straggler of an epoch that is over is dropped.
      if (message.position.epoch === head.epoch) this.#deliverPastHole(message);
    }
  }

  /** Delivers what of the queue follows without a hole. */
  #drain(): void {
    this.#takeQueued(this.#queue.findIndex((message) => !this.#tryDeliver(message)));
  }

  /** The first `count` of the queue; all where that is -1. */
  #takeQueued(count: number): RoomMessage[] {
    const taken = this.#queue.splice(0, count === -1 ? this.#queue.length : count);
    for (const message of taken) this.#queuedBytes -= weigh(message);
    return taken;
  }

  /** Hands the message on if it is the next, and drops it if it is old. False where neither can be said. */
  #tryDeliver(message: RoomMessage): boolean {
    const { epoch, seq } = message.position;
    // What is handed on may lead to a leave, in the midst of a repair.
    if (this.#isClosed()) return true;
    if (epoch !== this.#position.epoch) return false;
    if (seq <= this.#position.seq) return true;
    if (seq !== this.#position.seq + 1) return false;
    if (this.#mustAnnounce) this.#jump(this.#position.seq);
    this.#position = { epoch, seq, at: message.at };
    this.#port.handleMessage(message);
    return true;
  }

  /** Delivers a message of this epoch, of which is known that what lies before it is not to be had any more. */
  #deliverPastHole(message: RoomMessage): void {
    if (message.position.seq > this.#position.seq + 1) this.#jump(message.position.seq - 1);
    this.#tryDeliver(message);
  }

  #jump(seq: number): void {
    if (this.#isClosed()) return;
    const { epoch } = this.#position;
    const isWhole = this.#mustAnnounce && this.#isContinued && seq === this.#position.seq;
    this.#mustAnnounce = false;
    this.#position = { epoch, seq, at: 0 };
    this.#port.handleReset(this.#room, { epoch, seq }, isWhole);
  }

  #enqueue(message: RoomMessage): void {
    const weight = weigh(message);
    if (this.#queuedBytes + weight > MAX_QUEUED_BYTES) {
      this.#mustRead = true;
      return;
    }
    this.#queuedBytes += weight;
    this.#queue.push(message);
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #hasMore(): boolean {
    return !this.#isClosed() && (this.#mustRead || this.#queue.length > 0);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

function weigh({ frame }: RoomMessage): number {
  return frame.length + MESSAGE_OVERHEAD_BYTES;
}
