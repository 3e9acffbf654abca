import type { Position } from '@outcry/protocol';

import type { Machine } from '../core/machine.ts';
import type { RoomNews } from '../core/room-news.ts';
import { RoomState } from '../core/room-state.ts';

/** What a member of a room has been told, held against what it may be told. */
export class RoomReader {
  readonly room: RoomState;
  readonly #name: string;
  readonly #faults: string[];
  #position: Position | undefined;
  #mayJump = true;

  constructor(name: string, machine: Machine, { random, faults }: { random: () => number; faults: string[] }) {
    this.#name = name;
    this.#faults = faults;
    this.room = new RoomState({
      nameFor: () => name,
      emit: machine.emit,
      random,
      listener: (news) => {
        this.#hear(news);
      },
    });
  }

  #hear(news: RoomNews): void {
    if (news.type === 'joined') {
      const before = this.#position;
      const isWhereItWas = news.position.epoch === before?.epoch && news.position.seq === before.seq;
      this.#mayJump = !news.isRecovered && !isWhereItWas;
      if (news.isRecovered && !isWhereItWas) this.#faults.push(`${this.#name}: recovered elsewhere`);
      if (before !== undefined && !news.isResumed) this.#faults.push(`${this.#name}: joined anew without a word`);
      if (before === undefined) this.#position = news.position;
    } else if (news.type === 'gap') {
      this.#position = news.position;
      this.#mayJump = false;
    } else if (news.type === 'message') {
      if (this.#mayJump && this.#position?.epoch !== news.epoch) this.#faults.push(`${this.#name}: a gap not told`);
      if (news.frame.seq !== (this.#position?.seq ?? 0) + 1) {
        this.#faults.push(`${this.#name}: ${String(news.frame.seq)} behind ${String(this.#position?.seq)}`);
      }
      this.#position = { epoch: news.epoch, seq: news.frame.seq };
    }
  }
}
