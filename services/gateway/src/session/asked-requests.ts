import { type ClientFrame, type ClientFrameOf, RequestError } from '@outcry/protocol';

import type { Permission } from '../hooks/answer.ts';
import { undecided, type Verdict } from '../hooks/ask-before.ts';
import { type Admission, type ConnectHook, Refused } from '../hooks/connect-hook.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { JoinHook } from '../hooks/join-hook.ts';
import type { PayloadAnswer } from '../hooks/payload-answer.ts';
import type { PublishHook } from '../hooks/publish-hook.ts';
import { AskedOf } from '../rooms/room-rules.ts';
import { Endpoint } from '../transport/transport.ts';
import { Calls } from './calls.ts';
import { goOnAs, identifyAgain } from './handlers/auth.ts';
import { join as joinNow } from './handlers/join.ts';
import { handlePublish } from './handlers/publish.ts';
import { checkJoinRate } from './rates.ts';
import { ALL_ROOMS, HeldRequests, type Question } from './held-requests.ts';
import { type HandleRequest, handleRequest, type RequestClient } from './requests.ts';
import { checkMayJoin, checkMayPublish, forbidden, isOwnRoom } from './room-rights.ts';
import type { SessionServices } from './session-services.ts';
import { traceOf } from './traced-publish.ts';

/** Questions of one session at once about what it does in rooms. */
const MAX_ASKED = 16;

/** How requests are handled: without a hook as they come, and nothing stands in between. */
export function createRequestHandler(hooks: Hooks | undefined): HandleRequest {
  if (hooks === undefined) return handleRequest;
  const asked = new AskedRequests(hooks);
  return asked.handle.bind(asked);
}

interface Parties {
  readonly client: RequestClient;
  readonly services: SessionServices;
}

/** Asks the operator's server before what it wants to be asked about. The requests of a session keep their order meanwhile. */
class AskedRequests {
  readonly #hooks: Hooks;
  readonly #calls: Calls | undefined;
  /** Of sessions that have waited for an answer. */
  readonly #held = new WeakMap<RequestClient, HeldRequests>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
    this.#calls = hooks.rpc && new Calls(hooks.rpc);
  }

  handle(client: RequestClient, frame: ClientFrame, services: SessionServices): Promise<void> | void {
    const held = this.#held.get(client);
    if (held?.holds(frame) === true) {
      held.add(owned(frame));
      return undefined;
    }
    return this.#start(client, frame, services);
  }

  /** @throws RequestError where the request is refused whatever would be said */
  #start(client: RequestClient, frame: ClientFrame, services: SessionServices): Promise<void> | void {
    const { connect, join, publish } = this.#hooks;
    const parties = { client, services };
    switch (frame.type) {
      case 'auth':
        if (connect === undefined) break;
        return this.#heldOf(parties).hold(askToGoOn(parties, frame, connect));
      case 'join':
        if (join === undefined || !isAskedOf(AskedOf.Join, frame, parties)) break;
        return this.#heldOf(parties).hold(askToJoin(parties, frame, join));
      case 'publish':
        if (publish === undefined || !isAskedOf(AskedOf.Publish, frame, parties)) break;
        return this.#heldOf(parties).hold(askToPublish(parties, owned(frame), publish));
      case 'call':
        if (this.#calls === undefined) break;
        return this.#calls.pass(client, owned(frame), services);
      default:
    }
    return handleRequest(client, frame, services);
  }

  #heldOf({ client, services }: Parties): HeldRequests {
    const known = this.#held.get(client);
    if (known !== undefined) return known;
    const { maxFrameBytes } = services.limits;
    const resume = (frame: ClientFrame): void => {
      this.#resume(client, frame, services);
    };
    const held = new HeldRequests({ client, maxFrameBytes, maxAsked: MAX_ASKED, resume });
    this.#held.set(client, held);
    return held;
  }

  #resume(client: RequestClient, frame: ClientFrame, services: SessionServices): void {
    const fail = (err: unknown): void => {
      traceOf(frame)?.fail(err);
      client.fail(err, frame.id);
    };
    try {
      this.handle(client, frame, services)?.catch(fail);
    } catch (err) {
      fail(err);
    }
  }
}

/** A frame that is kept: its payload may be a view of what was received. */
function owned<F extends ClientFrame>(frame: F): F {
  return 'data' in frame ? { ...frame, data: new Uint8Array(frame.data) } : frame;
}

/** Whether the rule of a room wants it. Of the rooms that every session is in, its server has been asked already. */
function isAskedOf(what: AskedOf, { room }: ClientFrameOf<'join' | 'publish'>, { client, services }: Parties): boolean {
  if (what === AskedOf.Join && isOwnRoom(client.identity, room)) return false;
  return services.rules.of(room).hooks?.has(what) ?? true;
}

/** @throws RequestError where joins come too fast, or the session has no right to */
function askToJoin(
  { client, services }: Parties,
  frame: ClientFrameOf<'join'>,
  join: JoinHook,
): Question<Verdict<Permission>> {
  const { room } = frame;
  checkJoinRate(client, services);
  checkMayJoin(client, { room, rules: services.rules });
  return {
    scope: room,
    frame,
    ask: () => join.ask(client, room),
    proceed: ({ refusal }) => {
      if (refusal !== undefined) throw refusal;
      return joinNow(client, frame, services);
    },
  };
}

/** @throws RequestError where the session has no right to, or is not in the room */
function askToPublish(
  { client, services }: Parties,
  frame: ClientFrameOf<'publish'>,
  publish: PublishHook,
): Question<Verdict<PayloadAnswer>> {
  const { room } = frame;
  checkMayPublish(client, { room, rules: services.rules });
  return {
    scope: room,
    frame,
    ask: () => publish.ask(client, { ...frame, trace: traceOf(frame) }),
    proceed: (verdict) => {
      if (verdict.refusal !== undefined) throw verdict.refusal;
      return handlePublish(client, { ...frame, data: verdict.answer?.data ?? frame.data }, services);
    },
  };
}

/** A newer token counts as one that somebody comes with. @throws RequestError where it is refused */
function askToGoOn(
  { client, services }: Parties,
  frame: ClientFrameOf<'auth'>,
  connect: ConnectHook,
): Question<Admission> {
  const { connection, address } = client;
  const identity = identifyAgain(frame, services);
  return {
    scope: ALL_ROOMS,
    frame,
    ask: () => connect.admit({ connection, address, endpoint: Endpoint.Session, identity, isRefresh: true }),
    proceed: async (admission) => {
      if (admission.refused !== undefined) throw refusalOf(admission.refused);
      await goOnAs(client, admission.identity, frame);
      client.putInto(admission.rooms.filter((room) => !client.memberships.has(room)));
    },
  };
}

function refusalOf(refused: Refused): RequestError {
  switch (refused) {
    case Refused.Refused:
      return forbidden('the server refuses who the token says');
    case Refused.Undecided:
      return undecided();
    case Refused.Revoked:
      return new RequestError('unauthenticated', 'the token is refused');
  }
}
