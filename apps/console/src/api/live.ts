import { connectToRooms, OutcryError, type RoomsClient } from '@outcry/client';

import type { Answers } from './answers.ts';
import { type Answering, type Api, Refusal } from './api.ts';
import { LiveRoom, type Said } from './live-room.ts';

/** On the internal port, beside the page. */
const PATH = '/console/live';
/** Commands that are rooms of the gateway as well (docs/CONSOLE.md); the others cost too much to be asked again and again. */
const RENEWED: ReadonlySet<string> = new Set<keyof Answers>([
  ...(['nodes', 'health', 'top', 'shards', 'hooks', 'archive', 'books'] as const),
  ...(['connections', 'members', 'history'] as const),
]);
/** The first view does not wait longer for a connection. */
const CONNECT_WAIT_MS = 1500;
/** Where there is none, the page asks as ever: there is no hurry. */
const BACKOFF = { baseMs: 1000, maxMs: 60_000 };
/** What has not changed says nothing, so a connection that is lost must be found soon. */
const PING_AFTER_MS = 5000;

/** What a view asks for while it is made. */
export interface Load extends Answering {
  /** All of it comes by itself from now on. Known at the end. */
  readonly isLive: boolean;
  /** The view is made: what it has not asked for is left. */
  end(): void;
}

/**
 * What views ask for, as it changes: each question is a room of the gateway while its view is on the screen. Where that cannot be had, it
 * is asked as it always can be.
 */
export class Live {
  readonly #api: Api;
  readonly #onChange: () => void;
  readonly #client: RoomsClient | undefined;
  readonly #rooms = new Map<string, LiveRoom>();
  /** A connection has been made, or one attempt has failed. */
  readonly #isTried: Promise<void>;
  #isConnected = false;
  /** What the view that is on the screen asks for; undefined where nobody looks. */
  #wanted: Set<string> | undefined;

  /** @param onChange something that was asked for is another one now, or comes in another way */
  constructor(api: Api, onChange: () => void) {
    this.#api = api;
    this.#onChange = onChange;
    let tried: () => void = () => undefined;
    this.#isTried = new Promise((resolve) => {
      tried = resolve;
    });
    this.#client = this.#connect(tried);
    if (this.#client === undefined) tried();
    else setTimeout(tried, CONNECT_WAIT_MS);
  }

  /** Begins to make a view. One that is begun before is over. */
  begin(): Load {
    const wanted = new Set<string>();
    this.#wanted = wanted;
    let isLive = true;
    return {
      ask: async <C extends keyof Answers>(command: C, params: object = {}): Promise<Answers[C]> => {
        const said = await this.#read(command, params, wanted);
        if (said?.result !== undefined) return said.result as Answers[C];
        if (said?.error !== undefined) throw new Refusal(said.error.code, said.error.message);
        // What is asked once is so by its view's own wish.
        if (RENEWED.has(command)) isLive = false;
        return this.#api.ask(command, params);
      },
      get isLive() {
        return isLive;
      },
      end: () => {
        this.#leave((name) => !wanted.has(name));
      },
    };
  }

  /** Nobody looks. */
  rest(): void {
    this.#wanted = undefined;
    this.#leave(() => true);
  }

  close(): void {
    this.#rooms.clear();
    this.#client?.close();
  }

  #connect(tried: () => void): RoomsClient | undefined {
    try {
      return connectToRooms(PATH, {
        token: () => this.#api.token(),
        ...{ encoding: 'json', backoff: BACKOFF, pingAfterMs: PING_AFTER_MS },
        onStatus: ({ state }) => {
          if (state !== 'connecting') tried();
          if (this.#isConnected === (state === 'connected')) return;
          this.#isConnected = !this.#isConnected;
          this.#onChange();
        },
      });
    } catch (err) {
      if (err instanceof OutcryError) return undefined;
      throw err;
    }
  }

  /** Undefined where it has to be asked for. @throws Refusal where nobody looks at that view any more */
  async #read(command: keyof Answers, params: object, wanted: Set<string>): Promise<Said | undefined> {
    if (!RENEWED.has(command)) return undefined;
    await this.#isTried;
    const check = (): void => {
      if (this.#wanted !== wanted) throw new Refusal('left', 'another view is shown');
    };
    check();
    if (!this.#isConnected) return undefined;
    const name = nameOf(command, params);
    wanted.add(name);
    const said = await this.#open(name)?.newest();
    check();
    // By itself it may be as long as it is.
    return said?.error?.code === 'answerTooLarge' ? undefined : said;
  }

  #open(name: string): LiveRoom | undefined {
    const known = this.#rooms.get(name);
    if (known !== undefined || this.#client === undefined) return known;
    try {
      const room = new LiveRoom(this.#client, name, this.#onChange);
      this.#rooms.set(name, room);
      return room;
    } catch (err) {
      // A room cannot have the longest names of users and rooms in its own.
      if (err instanceof OutcryError) return undefined;
      throw err;
    }
  }

  #leave(isToBeLeft: (name: string) => boolean): void {
    for (const [name, room] of this.#rooms) {
      if (!isToBeLeft(name)) continue;
      this.#rooms.delete(name);
      room.leave();
    }
  }
}

function nameOf(command: string, params: object): string {
  const text = JSON.stringify(params);
  return text === '{}' ? `$console/${command}` : `$console/${command}?${text}`;
}
