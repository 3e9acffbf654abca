import type { Position } from '@outcry/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomMessage } from './broker.ts';
import { type RepairRead, type SeenPosition, Sequencer, type SequencerPort } from './sequencer.ts';

const EPOCH = 'epoch--1';
const NEXT_EPOCH = 'epoch--2';

function message(seq: number, { epoch = EPOCH, bytes = 10 } = {}): RoomMessage {
  return { room: 'pit', position: { epoch, seq }, frame: new Uint8Array(bytes), origin: '', at: seq * 10 };
}

function messages(from: number, to: number, epoch = EPOCH): RoomMessage[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i, { epoch }));
}

interface Read {
  readonly after: number;
  readonly answer: (
    head: Position,
    stored: readonly RoomMessage[],
    seen?: { readonly upTo: number; readonly isContinued?: boolean },
  ) => Promise<void>;
  readonly fail: () => Promise<void>;
}

/** Records the calls as text; reads are answered by the test. */
class FakePort implements SequencerPort {
  readonly calls: string[] = [];
  readonly reads: Read[] = [];
  onMessage: ((message: RoomMessage) => void) | undefined;

  handleMessage(delivered: RoomMessage): void {
    this.calls.push(String(delivered.position.seq));
    this.onMessage?.(delivered);
  }

  handleReset(_room: string, { epoch, seq }: Position, isWhole: boolean): void {
    this.calls.push(`${isWhole ? 'goes on' : 'reset'} ${epoch === EPOCH ? '' : 'next '}${String(seq)}`);
  }

  handleRepaired(_room: string, count: number): void {
    this.calls.push(`repaired ${String(count)}`);
  }

  handleStalled(): void {
    this.calls.push('stalled');
  }

  readAfter(_room: string, { seq: after }: SeenPosition): Promise<RepairRead> {
    return new Promise((resolve, reject) => {
      this.reads.push({
        after,
        answer: async (head, stored, { upTo, isContinued = false } = { upTo: 0 }) => {
          const messages = stored.filter(({ position }) => position.seq > after);
          resolve({ head, messages, seenUpTo: upTo, isContinued });
          await settled();
        },
        fail: async () => {
          reject(new Error('unavailable'));
          await settled();
        },
      });
    });
  }

  /** The one read that is under way. */
  read(index: number): Read {
    const read = this.reads[index];
    if (read === undefined || this.reads.length !== index + 1) throw new Error(`${String(this.reads.length)} reads`);
    return read;
  }
}

/** Lets the promises run that are settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Sequencer', () => {
  let port: FakePort;
  let sequencer: Sequencer;

  beforeEach(() => {
    port = new FakePort();
    sequencer = new Sequencer('pit', port);
  });

  function openBehind5(): void {
    sequencer.place({ epoch: EPOCH, seq: 5, at: 50 });
    sequencer.open();
  }

  function receive(...received: RoomMessage[]): void {
    for (const each of received) sequencer.receive(each);
  }

  describe('once open', () => {
    beforeEach(() => {
      openBehind5();
    });

    it('delivers what follows and drops what came before', () => {
      receive(message(5), message(6), message(6), message(7), message(3), message(8));
      expect(port.calls).toEqual(['6', '7', '8']);
      expect(port.reads).toEqual([]);
      expect(sequencer.position).toEqual({ epoch: EPOCH, seq: 8, at: 80 });
    });

    it('reads a hole once, delivers in order what was in it and what came meanwhile, and goes on', async () => {
      receive(message(6), message(9), message(10));
      expect(port.calls).toEqual(['6']);
      receive(message(11));
      expect(port.read(0).after).toBe(6);
      await port.read(0).answer({ epoch: EPOCH, seq: 10 }, messages(1, 10));
      receive(message(12));
      expect(port.calls).toEqual(['6', '7', '8', '9', '10', 'repaired 4', '11', '12']);
      expect(port.reads).toHaveLength(1);
    });

    it('reads page after page until the head', async () => {
      receive(message(100));
      await port.read(0).answer({ epoch: EPOCH, seq: 100 }, messages(6, 50));
      await port.read(1).answer({ epoch: EPOCH, seq: 101 }, messages(51, 99));
      await port.read(2).answer({ epoch: EPOCH, seq: 101 }, messages(100, 101));
      expect(port.reads.map(({ after }) => after)).toEqual([5, 50, 99]);
      expect(port.calls.filter((call) => !call.startsWith('repaired'))).toEqual(
        messages(6, 101).map(({ position }) => String(position.seq)),
      );
    });

    it('reads again where what came meanwhile has a hole of its own', async () => {
      receive(message(8));
      receive(message(12));
      await port.read(0).answer({ epoch: EPOCH, seq: 8 }, messages(6, 8));
      // 12 had arrived before the read began to be answered, but after it was sent.
      await port.read(1).answer({ epoch: EPOCH, seq: 12 }, messages(9, 12));
      expect(port.calls).toEqual(['6', '7', '8', 'repaired 3', '9', '10', '11', '12', 'repaired 4']);
    });

    it('announces a hole whose beginning has been trimmed, and delivers the rest', async () => {
      receive(message(10));
      await port.read(0).answer({ epoch: EPOCH, seq: 10 }, messages(8, 10));
      expect(port.calls).toEqual(['reset 7', '8', '9', '10', 'repaired 3']);
    });

    it('announces a hole of which nothing is stored, and delivers what it has', async () => {
      receive(message(8), message(9), message(12));
      await port.read(0).answer({ epoch: EPOCH, seq: 12 }, []);
      expect(port.calls).toEqual(['reset 7', '8', '9', 'reset 11', '12']);
      receive(message(13));
      expect(port.calls.at(-1)).toBe('13');
    });

    it('announces what was published and neither stored nor delivered', async () => {
      const caughtUp = sequencer.catchUp({ epoch: EPOCH, seq: 9 });
      await port.read(0).answer({ epoch: EPOCH, seq: 9 }, []);
      expect(await caughtUp).toBe(true);
      expect(port.calls).toEqual(['reset 9']);
      // Nobody has seen the message there, so it cannot be told from another one of that number.
      expect(sequencer.position).toEqual({ epoch: EPOCH, seq: 9, at: 0 });
    });

    it('begins a new epoch from its first message', async () => {
      receive(message(3, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 3 }, []);
      expect(port.read(1).after).toBe(0);
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 3 }, messages(1, 3, NEXT_EPOCH));
      receive(message(4, { epoch: NEXT_EPOCH }));
      expect(port.calls).toEqual(['reset next 0', '1', '2', '3', 'repaired 3', '4']);
    });

    it('begins a new epoch behind what of it was handed on already, and loses nothing that comes meanwhile', async () => {
      receive(message(7, { epoch: NEXT_EPOCH }));
      receive(message(8, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 7 }, messages(6, 7, NEXT_EPOCH), { upTo: 5 });
      expect(port.read(1).after).toBe(5);
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 7 }, messages(6, 7, NEXT_EPOCH));
      expect(port.calls).toEqual(['reset next 5', '6', '7', 'repaired 2', '8']);
    });

    it('goes on under a new epoch where that has gone on from all that was handed on, stored or not', async () => {
      receive(message(6, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 6 }, [], { upTo: 5, isContinued: true });
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 6 }, []);
      expect(port.calls).toEqual(['goes on next 5', '6']);
      // Behind that it is a numbering like any other.
      receive(message(9, { epoch: NEXT_EPOCH }));
      await port.read(2).answer({ epoch: NEXT_EPOCH, seq: 9 }, messages(9, 9, NEXT_EPOCH));
      expect(port.calls.slice(2)).toEqual(['reset next 8', '9', 'repaired 1']);
    });

    it('is reset by a new epoch that has gone on, where what follows is not to be had', async () => {
      receive(message(9, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 9 }, [], { upTo: 5, isContinued: true });
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 9 }, messages(8, 9, NEXT_EPOCH));
      expect(port.calls).toEqual(['reset next 7', '8', '9', 'repaired 2']);
    });

    it.each([
      [[true, true], 'goes on'],
      [[true, false], 'reset'],
      [[false, true], 'reset'],
    ])('is as whole as each of two changes of the epoch was: %j', async ([first = false, second = false], what) => {
      const [between, last] = ['epoch--1.5', NEXT_EPOCH];
      receive(message(6, { epoch: last }));
      await port.read(0).answer({ epoch: between, seq: 5 }, [], { upTo: 5, isContinued: first });
      await port.read(1).answer({ epoch: last, seq: 6 }, [], { upTo: 5, isContinued: second });
      await port.read(2).answer({ epoch: last, seq: 6 }, messages(6, 6, last));
      expect(port.calls).toEqual([`${what} next 5`, '6', 'repaired 1']);
    });

    it('begins a new epoch from its first message also where it changes behind a read', async () => {
      receive(message(8));
      // Read in the epoch that was; before the answer is there the numbering begins anew.
      receive(message(1, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: EPOCH, seq: 8 }, messages(6, 8));
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 1 }, []);
      expect(port.read(2).after).toBe(0);
      await port.read(2).answer({ epoch: NEXT_EPOCH, seq: 1 }, messages(1, 1, NEXT_EPOCH));
      receive(message(2, { epoch: NEXT_EPOCH }));
      expect(port.calls).toEqual(['6', '7', '8', 'repaired 3', 'reset next 0', '1', 'repaired 1', '2']);
    });

    it('begins a new epoch where its beginning has been trimmed', async () => {
      receive(message(300, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 300 }, []);
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 300 }, messages(299, 300, NEXT_EPOCH));
      expect(port.calls).toEqual(['reset next 298', '299', '300', 'repaired 2']);
    });

    it('begins a new epoch of which nothing is stored with the message it has', async () => {
      receive(message(1, { epoch: NEXT_EPOCH }));
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 1 }, []);
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 1 }, []);
      expect(port.calls).toEqual(['reset next 0', '1']);
    });

    it('drops a straggler of an epoch that is over', async () => {
      receive(message(40, { epoch: 'epoch--0' }));
      await port.read(0).answer({ epoch: EPOCH, seq: 5 }, []);
      receive(message(6));
      expect(port.calls).toEqual(['6']);
    });

    it('catches up with a head it has not heard of, and leaves a head it knows alone', async () => {
      expect(await sequencer.catchUp({ epoch: EPOCH, seq: 5 })).toBe(true);
      expect(port.reads).toEqual([]);
      const caughtUp = sequencer.catchUp({ epoch: EPOCH, seq: 7 });
      await port.read(0).answer({ epoch: EPOCH, seq: 7 }, messages(6, 7));
      expect(await caughtUp).toBe(true);
      expect(port.calls).toEqual(['6', '7', 'repaired 2']);
    });

    it('announces an empty new epoch', async () => {
      const caughtUp = sequencer.catchUp({ epoch: NEXT_EPOCH, seq: 0 });
      await port.read(0).answer({ epoch: NEXT_EPOCH, seq: 0 }, []);
      await port.read(1).answer({ epoch: NEXT_EPOCH, seq: 0 }, []);
      expect(await caughtUp).toBe(true);
      expect(port.calls).toEqual(['reset next 0']);
    });

    it('stalls where the stream cannot be read, and is whole again after a later repair', async () => {
      receive(message(7));
      await port.read(0).fail();
      receive(message(8));
      expect(port.calls).toEqual(['stalled']);
      const repaired = sequencer.repair();
      await port.read(1).answer({ epoch: EPOCH, seq: 8 }, messages(6, 8));
      expect(await repaired).toBe(true);
      receive(message(9));
      expect(port.calls).toEqual(['stalled', '6', '7', '8', 'repaired 3', '9']);
    });

    it('keeps a bounded queue during a repair, and reads again what it had no room for', async () => {
      receive(message(7));
      const large = messages(8, 40).map(({ position }) => message(position.seq, { bytes: 100_000 }));
      receive(...large);
      await port.read(0).answer({ epoch: EPOCH, seq: 7 }, messages(6, 7));
      expect(port.read(1).after).toBe(7);
      await port.read(1).answer({ epoch: EPOCH, seq: 40 }, messages(8, 40));
      expect(port.calls.filter((call) => !call.startsWith('repaired'))).toEqual(
        messages(6, 40).map(({ position }) => String(position.seq)),
      );
    });

    it.each([
      ['large messages', { bytes: 100_000, most: 10 }],
      ['small messages', { bytes: 10, most: 3941 }],
    ])('has room for a MiB of %s during a repair, and no more', async (_, { bytes, most }) => {
      const arriving = messages(8, 7 + most).map(({ position }) => message(position.seq, { bytes }));
      receive(message(7), ...arriving);
      await port.read(0).answer({ epoch: EPOCH, seq: 7 }, messages(6, 7));
      expect(port.reads).toHaveLength(1);
      expect(sequencer.position.seq).toBe(7 + most);

      const { seq } = sequencer.position;
      receive(
        message(seq + 2),
        ...arriving.map((_each, i) => message(seq + 3 + i, { bytes })),
        message(seq + 3 + most, { bytes }),
      );
      await port.read(1).answer({ epoch: EPOCH, seq: seq + 2 }, messages(seq + 1, seq + 2));
      expect(port.read(2).after).toBe(seq + 2);
    });

    it('has all of its room for what waits again behind each repair', async () => {
      for (let i = 0; i < 5; i += 1) {
        const { seq } = sequencer.position;
        const arriving = messages(seq + 2, seq + 6).map(({ position }) => message(position.seq, { bytes: 100_000 }));
        receive(...arriving);
        await port.read(i).answer({ epoch: EPOCH, seq: seq + 2 }, messages(seq + 1, seq + 2));
        expect(sequencer.position.seq).toBe(seq + 6);
      }
    });

    it('has all of its room for what waits again behind a stall', async () => {
      receive(...messages(7, 16).map(({ position }) => message(position.seq, { bytes: 100_000 })));
      await port.read(0).fail();
      const repaired = sequencer.repair();
      receive(...messages(17, 21).map(({ position }) => message(position.seq, { bytes: 100_000 })));
      await port.read(1).answer({ epoch: EPOCH, seq: 16 }, messages(6, 16));
      expect(await repaired).toBe(true);
      expect(sequencer.position.seq).toBe(21);
    });

    it('says that it is whole only behind a repair that is under way, though it has all up to the head', async () => {
      receive(message(8));
      const done = vi.fn<(isWhole: boolean) => void>();
      const caughtUp = sequencer.catchUp({ epoch: EPOCH, seq: 5 }).then(done);
      await settled();
      expect(done).not.toHaveBeenCalled();
      await port.read(0).answer({ epoch: EPOCH, seq: 8 }, messages(6, 8));
      await port.read(1).answer({ epoch: EPOCH, seq: 8 }, []);
      await caughtUp;
      expect(done).toHaveBeenCalledWith(true);
    });

    it('is not whole where it has stalled, though nothing has come meanwhile, until it has been read', async () => {
      receive(message(7));
      const stalling = sequencer.catchUp({ epoch: EPOCH, seq: 7 });
      await port.read(0).fail();
      expect(await stalling).toBe(false);
      const caughtUp = sequencer.catchUp({ epoch: EPOCH, seq: 5 });
      await port.read(1).answer({ epoch: EPOCH, seq: 5 }, []);
      expect(await caughtUp).toBe(true);
      receive(message(6));
      expect(port.calls).toEqual(['stalled', '6']);
    });

    it('has nothing to say of a read that fails when it is closed', async () => {
      receive(message(8));
      const repaired = sequencer.repair();
      sequencer.close();
      await port.read(0).fail();
      expect(await repaired).toBe(true);
      expect(port.calls).toEqual([]);
    });

    it('delivers nothing once closed, not even the rest of a repair', async () => {
      receive(message(9));
      port.onMessage = ({ position }) => {
        if (position.seq === 7) sequencer.close();
      };
      await port.read(0).answer({ epoch: EPOCH, seq: 9 }, messages(6, 9));
      receive(message(10));
      expect(port.calls.filter((call) => !call.startsWith('repaired'))).toEqual(['6', '7']);
      expect(await sequencer.repair()).toBe(true);
    });
  });

  describe('while opening', () => {
    it('keeps what arrives, and begins exactly behind the position, which it knows before', () => {
      receive(message(4), message(5), message(6), message(7));
      sequencer.place({ epoch: EPOCH, seq: 5, at: 50 });
      expect(sequencer.position).toEqual({ epoch: EPOCH, seq: 5, at: 50 });
      expect(port.calls).toEqual([]);
      sequencer.open();
      expect(port.calls).toEqual(['6', '7']);
      expect(port.reads).toEqual([]);
    });

    it('repairs a hole in what arrived', async () => {
      receive(message(6), message(8));
      openBehind5();
      await port.read(0).answer({ epoch: EPOCH, seq: 8 }, messages(7, 8));
      expect(port.calls).toEqual(['6', '7', '8', 'repaired 2']);
    });

    it('looks again where the connection was lost meanwhile', async () => {
      expect(await sequencer.catchUp({ epoch: EPOCH, seq: 9 })).toBe(true);
      openBehind5();
      await port.read(0).answer({ epoch: EPOCH, seq: 9 }, messages(6, 9));
      expect(port.calls).toEqual(['6', '7', '8', '9', 'repaired 4']);
    });

    it('never opens once closed', () => {
      receive(message(6));
      sequencer.close();
      openBehind5();
      receive(message(6));
      expect(port.calls).toEqual([]);
    });
  });
});
