import {
  type HistoryOptions,
  type HistoryPage,
  type Message,
  OutcryError,
  type PayloadCipher,
  type Position,
  type PublishOptions,
  type Room,
  type RoomEvent,
  type RoomStatus,
  type StandardSchema,
} from '@outcry/client';

import { randomKey } from './random-key.ts';
import { Roster, type RosterView } from './roster.ts';
import { type ClientSource, Shared, toOutcryError } from './shared.ts';

/** What one component wants of a room. */
export interface RoomWants {
  readonly history?: number | undefined;
  readonly maxMessages?: number | undefined;
  readonly presence?: boolean | undefined;
  readonly schema?: StandardSchema | undefined;
  readonly encryption?: PayloadCipher | undefined;
  readonly onEvent?: ((event: RoomEvent) => void) | undefined;
}

/** A room as a component shows it. */
export interface RoomState extends RosterView {
  readonly status: RoomStatus;
  readonly error: OutcryError | undefined;
  readonly messages: readonly Message[];
}

export interface SharedRoomParts {
  readonly name: string;
  readonly session: ClientSource;
  readonly onEnd: () => void;
}

export const NO_ROOM: RoomState = { status: 'joining', error: undefined, messages: [], count: undefined, members: [] };

/** For a component that is in no room. */
export const IN_NO_ROOM: RoomState = { ...NO_ROOM, status: 'left' };

export const DEFAULT_MAX_MESSAGES = 200;

/** What all that components want of a room comes to, where it cannot be had later without joining again. */
type Terms = Required<Pick<RoomWants, 'presence' | 'schema' | 'encryption'>>;

/** A room that components are in, once however many they are, with all that they want of it together. */
export class SharedRoom extends Shared<RoomState> {
  readonly #parts: SharedRoomParts;
  readonly #wants = new Set<RoomWants>();
  readonly #roster = new Roster(() => {
    this.change();
  });
  #leaveSession: (() => void) | undefined;
  #room: Room | undefined;
  /** What the room is joined with. */
  #terms: Terms = { presence: false, schema: undefined, encryption: undefined };
  #messages: Message[] = [];
  #error: OutcryError | undefined;

  constructor(parts: SharedRoomParts) {
    super(NO_ROOM);
    this.#parts = parts;
  }

  /**
   * Uses the room until the result is called.
   *
   * @throws OutcryError where the payloads of the room are read in another way by somebody else
   */
  useWith(wants: RoomWants, listener: () => void): () => void {
    this.#refuseConflict(wants);
    this.#wants.add(wants);
    const release = this.use(listener);
    this.#joinOnOtherTerms();
    return () => {
      this.#wants.delete(wants);
      release();
    };
  }

  /** As `room.publish`: also while the room is opened anew, because somebody wants to see its members. */
  async publish(data: unknown, options: PublishOptions = {}): Promise<Position> {
    const key = options.key ?? randomKey();
    for (;;) {
      const room = this.#opened();
      try {
        return await room.publish(data, { ...options, key });
      } catch (error) {
        const isMoved = error instanceof OutcryError && error.code === 'left' && room !== this.#room;
        if (!isMoved || this.#room === undefined) throw error;
      }
    }
  }

  signal(name: string, data?: unknown): boolean {
    return this.#opened().signal(name, data);
  }

  async history(page: HistoryOptions = {}): Promise<HistoryPage> {
    return this.#opened().history(page);
  }

  protected override begin(): void {
    this.#leaveSession = this.#parts.session.use(() => undefined);
    // Components that are mounted together want their parts of it one after the other.
    queueMicrotask(() => {
      if (this.#wants.size > 0 && this.#room === undefined) this.#open();
    });
  }

  protected override end(): void {
    this.#parts.onEnd();
    this.#close();
    this.#leaveSession?.();
  }

  protected override draw(): RoomState {
    const status = this.#room?.status ?? (this.#error === undefined ? 'joining' : 'failed');
    const error = status === 'failed' ? this.#error : undefined;
    return { status, error, messages: [...this.#messages], ...this.#roster.view() };
  }

  #open(since?: Position): void {
    const { client } = this.#parts.session;
    if (client === undefined) return;
    this.#terms = this.#wantedTerms();
    const history = Math.max(0, ...[...this.#wants].map((wants) => wants.history ?? 0));
    try {
      const room = client.join(this.#parts.name, {
        ...(history > 0 ? { history } : {}),
        ...(since === undefined ? {} : { since }),
        ...this.#terms,
        onEvent: (event) => {
          this.#hear(room, event);
        },
      });
      this.#room = room;
      room.joined.then(undefined, (error: unknown) => {
        if (this.#room === room) this.#fail(error);
      });
      void this.#untilOver(room);
    } catch (error) {
      this.#fail(error);
    }
  }

  #wantedTerms(): Terms {
    const wants = [...this.#wants];
    return {
      presence: wants.some(({ presence }) => presence === true),
      schema: wants.find(({ schema }) => schema !== undefined)?.schema,
      encryption: wants.find(({ encryption }) => encryption !== undefined)?.encryption,
    };
  }

  #close(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.leave();
  }

  /** Somebody has come who wants to see the members, or reads payloads in another way: joins again, from where the room was. */
  #joinOnOtherTerms(): void {
    const room = this.#room;
    if (room === undefined || room.status === 'failed') return;
    const { presence, schema, encryption } = this.#wantedTerms();
    const isMore = presence === true && this.#terms.presence !== true;
    if (!isMore && schema === this.#terms.schema && encryption === this.#terms.encryption) return;
    const { position } = room;
    this.#close();
    this.#open(position);
  }

  #hear(room: Room, event: RoomEvent): void {
    if (this.#room !== room) return;
    if (event.type === 'message') this.#keep(event);
    if (this.#terms.presence === true) this.#roster.hear(event, () => room.members());
    this.change();
    for (const { onEvent } of this.#wants) onEvent?.(event);
  }

  #keep(message: Message): void {
    const max = Math.max(...[...this.#wants].map(({ maxMessages = DEFAULT_MAX_MESSAGES }) => maxMessages));
    this.#messages.push(message);
    if (this.#messages.length > max) this.#messages.splice(0, this.#messages.length - max);
  }

  /** The end of a room is told by its iterations. */
  async #untilOver(room: Room): Promise<void> {
    try {
      for await (const _ of room.events());
      this.change();
    } catch (error) {
      if (this.#room === room) this.#fail(error);
    }
  }

  #opened(): Room {
    if (this.#room !== undefined) return this.#room;
    throw (
      this.#error ??
      new OutcryError('notJoined', `no mounted component uses the room ${JSON.stringify(this.#parts.name)}`)
    );
  }

  #refuseConflict({ schema, encryption }: RoomWants): void {
    for (const other of this.#wants) {
      const isOtherSchema = schema !== undefined && other.schema !== undefined && schema !== other.schema;
      const isOtherKey = encryption !== undefined && other.encryption !== undefined && encryption !== other.encryption;
      if (!isOtherSchema && !isOtherKey) continue;
      const what = isOtherSchema ? 'schema' : 'encryption';
      const room = JSON.stringify(this.#parts.name);
      throw new OutcryError(
        'badRequest',
        `useRoom(${room}): expected the same ${what} in all components, made outside of them`,
      );
    }
  }

  #fail(error: unknown): void {
    this.#error = toOutcryError(error);
    this.change();
  }
}
