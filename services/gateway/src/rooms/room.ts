import type { MemberEvent, RoomMessage, RoomSignal } from '@outcry/broker';
import { appendInfo, appendTraceparent, type Position, signalFrameToJson } from '@outcry/protocol';

import {
  Audience,
  type Fanout,
  type FrameSource,
  informedMessage,
  ownFrame,
  relayedMessage,
} from '../fanout/audience.ts';
import type { Coalescer, Flushable } from '../fanout/coalescer.ts';
import { Members } from './members.ts';
import type { RoomMember } from './room-member.ts';
import { RelayTail } from './relay-tail.ts';

/**
 * A room on this node: its local members, and the relay of its messages to them. Messages come from the broker in order and
 * leave in order; `position` is that of the last one handed to the transport.
 */
export class Room implements Flushable {
  readonly name: string;
  readonly #fanout: Fanout;
  readonly #coalescer: Coalescer;
  readonly #audience: Audience;
  readonly #members = new Members<RoomMember>();
  /** Those who want to know who speaks: they are in this audience in place of the other. */
  #informed: Audience | undefined;
  // Every user has an inbox, which is a room: what most rooms never need is made when it is needed.
  #presenceAudience: Audience | undefined;
  /** Members that get no messages for now. */
  #heldBack: Set<RoomMember> | undefined;
  #tail: RelayTail | undefined;
  /** Taken from the broker, and not yet handed to the transport. */
  #held: RoomMessage[] | undefined;
  #position: Position | undefined;
  #latestMember: MemberEvent | undefined;
  #isStale = false;

  constructor(name: string, fanout: Fanout, coalescer: Coalescer) {
    this.name = name;
    this.#fanout = fanout;
    this.#coalescer = coalescer;
    this.#audience = new Audience('r', name, fanout);
  }

  /** What was relayed while somebody is joining. */
  get tail(): RelayTail {
    return (this.#tail ??= new RelayTail());
  }

  /** Undefined until the broker delivers this room. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Nothing has been relayed behind the position: who has all up to it may go live, if it does so without a pause. */
  isAt({ epoch, seq }: Position): boolean {
    return this.#position?.seq === seq && this.#position.epoch === epoch;
  }

  /** What members know may be old: the node does not hear of the room. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** The last of who has come or gone, in the cluster, as far as this node has been told. */
  get latestMember(): MemberEvent | undefined {
    return this.#latestMember;
  }

  /** Live delivery has begun behind this position. Messages that were quicker than the news of it are relayed now. */
  begin(position: Position): void {
    this.#position = position;
    this.#held = this.#held?.filter((message) => message.position.seq > position.seq);
    this.flush();
  }

  /** Begins delivery to the member. */
  add(member: RoomMember): void {
    this.#members.add(member);
    this.#audienceOf(member).add(member);
    if (!member.wantsPresence) return;
    this.#presenceAudience ??= new Audience('p', this.name, this.#fanout);
    this.#presenceAudience.add(member);
  }

  remove(member: RoomMember): void {
    if (!this.#members.delete(member.connection)) return;
    if (this.#heldBack?.delete(member) === true) this.#fanout.metrics.roomsReleased.labels('left').inc();
    else this.#audienceOf(member).remove(member);
    if (member.wantsPresence) this.#presenceAudience?.remove(member);
  }

  /** Ends delivery until `resume`, of all but who comes and goes. What was relayed up to now has reached the member. */
  holdBack(member: RoomMember): void {
    this.#fanout.metrics.roomsHeldBack.inc();
    this.#audienceOf(member).remove(member);
    this.#heldBack ??= new Set();
    this.#heldBack.add(member);
  }

  /** Delivers again, behind the room's position: the member has what it missed, or was told `reset`. */
  resume(member: RoomMember, outcome: 'caughtUp' | 'reset'): void {
    this.#fanout.metrics.roomsReleased.labels(outcome).inc();
    this.#heldBack?.delete(member);
    this.#audienceOf(member).add(member);
  }

  hasMembers(): boolean {
    return !this.#members.isEmpty;
  }

  /** The next message in the room's order. */
  relay(message: RoomMessage): void {
    (this.#held ??= []).push(message);
    if (this.#position !== undefined) this.#coalescer.hold(this, message.frame.length);
  }

  /** Hands what is held to the transport. */
  flush(): void {
    if (this.#position === undefined) return;
    const messages = this.#held;
    if (messages === undefined) return;
    this.#held = undefined;
    for (const message of messages) {
      this.#relay(message);
      this.#position = message.position;
      this.#tail?.add(message);
    }
  }

  /** Not numbered, never echoed; behind the messages that are held, as it came behind them. */
  relaySignal({ frame, origin }: RoomSignal): void {
    this.flush();
    const source: FrameSource = { msgpack: () => frame, json: () => signalFrameToJson(frame) };
    this.#tell(source, this.#followerOf(origin));
  }

  /** Tells those who want to know; behind the messages that are held, as it came behind them. */
  relayMember(event: MemberEvent): void {
    this.#latestMember = event;
    if (this.#presenceAudience === undefined || this.#presenceAudience.size === 0) return;
    this.flush();
    this.#presenceAudience.publishFrame({ type: 'member', ...event });
  }

  /** Continuity is broken, or where the room `isWhole` its numbering has another name: the next message follows `position`. */
  reset(position: Position, isWhole = false): void {
    this.flush();
    this.#position = position;
    this.#tail?.break();
    const frame = { type: 'reset', room: this.name, ...position, ...(isWhole ? { recovered: true } : {}) } as const;
    this.#tell(ownFrame(this.#fanout, frame));
  }

  markStale(): void {
    this.flush();
    this.#isStale = true;
    this.#tell(ownFrame(this.#fanout, { type: 'stale', room: this.name }));
  }

  markFresh(): void {
    this.flush();
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#tell(ownFrame(this.#fanout, { type: 'fresh', room: this.name }));
  }

  #audienceOf({ wantsInfo = false }: RoomMember): Audience {
    return wantsInfo ? (this.#informed ??= new Audience('i', this.name, this.#fanout)) : this.#audience;
  }

  #relay(message: RoomMessage): void {
    const trace = message.trace === undefined ? undefined : this.#fanout.tracing?.relay(message);
    if (trace === undefined) {
      this.#publish(message);
      return;
    }
    const except = this.#publishTraced(message, trace.traceparent);
    trace.end(this.#audience.size + (this.#informed?.size ?? 0) - (except === undefined ? 0 : 1));
  }

  /** Returns whom it does not reach. */
  #publishTraced({ frame, info, origin }: RoomMessage, traceparent: string): RoomMember | undefined {
    const { metrics } = this.#fanout;
    const except = this.#exceptFor(origin);
    const plain = relayedMessage(appendTraceparent(frame, traceparent), metrics);
    const isInformed = this.#informed !== undefined && info !== undefined;
    const whole = isInformed ? appendTraceparent(appendInfo(frame, info), traceparent) : undefined;
    this.#tell(plain, except, whole === undefined ? plain : relayedMessage(whole, metrics));
    return except;
  }

  #publish({ frame, info, origin }: RoomMessage): void {
    const { metrics } = this.#fanout;
    const plain = relayedMessage(frame, metrics);
    const except = this.#exceptFor(origin);
    if (this.#informed === undefined) this.#audience.publish(plain, except);
    else this.#tell(plain, except, info === undefined ? plain : informedMessage({ frame, info }, metrics));
  }

  /** Reaches all who are not held back but one. */
  #tell(source: FrameSource, except?: RoomMember, informed = source): void {
    const isInformed = except?.wantsInfo === true;
    this.#audience.publish(source, isInformed ? undefined : except);
    this.#informed?.publish(informed, isInformed ? except : undefined);
  }

  #exceptFor(origin: string): RoomMember | undefined {
    const publisher = this.#followerOf(origin);
    return publisher?.wantsEcho === false ? publisher : undefined;
  }

  #followerOf(connection: string): RoomMember | undefined {
    const member = this.#members.get(connection);
    return member === undefined || this.#heldBack?.has(member) === true ? undefined : member;
  }
}
