import { type ClientFrame, type ClientFrameOf, RequestError } from '@outcry/protocol';

import { type Admission, type ConnectHook, Refused } from '../hooks/connect-hook.ts';
import type { Hooks } from '../hooks/hooks.ts';
import { Endpoint } from '../transport/transport.ts';
import { goOnAs, identifyAgain } from './handlers/auth.ts';
import { ALL_ROOMS, HeldRequests, type Question } from './held-requests.ts';
import { type HandleRequest, handleRequest, type RequestClient } from './requests.ts';
import { forbidden } from './room-rights.ts';
import type { SessionServices } from './session-services.ts';

/** How requests are handled: without a hook as they come, and nothing stands in between. */
export function createRequestHandler(hooks: Hooks | undefined): HandleRequest {
  if (hooks === undefined) return handleRequest;
  const asked = new AskedRequests(hooks);
  return asked.handle.bind(asked);
}

/** Asks the operator's server before what it wants to be asked about. The requests of a session keep their order meanwhile. */
class AskedRequests {
  readonly #hooks: Hooks;
  /** Of sessions that have waited for an answer. */
  readonly #held = new WeakMap<RequestClient, HeldRequests>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  handle(client: RequestClient, frame: ClientFrame, services: SessionServices): Promise<void> | void {
    const held = this.#held.get(client);
    if (held?.holds(frame) === true) {
      held.add(owned(frame));
      return undefined;
    }
    return this.#start(client, frame, services);
  }

  #start(client: RequestClient, frame: ClientFrame, services: SessionServices): Promise<void> | void {
    const { connect } = this.#hooks;
    if (frame.type === 'auth' && connect !== undefined) {
      return this.#heldOf(client, services).hold(askToGoOn(client, frame, { connect, services }));
    }
    return handleRequest(client, frame, services);
  }

  #heldOf(client: RequestClient, services: SessionServices): HeldRequests {
    const known = this.#held.get(client);
    if (known !== undefined) return known;
    const { maxFrameBytes } = services.limits;
    const resume = (frame: ClientFrame): void => {
      this.#resume(client, frame, services);
    };
    const held = new HeldRequests({ client, maxFrameBytes, resume });
    this.#held.set(client, held);
    return held;
  }

  #resume(client: RequestClient, frame: ClientFrame, services: SessionServices): void {
    try {
      this.handle(client, frame, services)?.catch((err: unknown) => {
        client.fail(err, frame.id);
      });
    } catch (err) {
      client.fail(err, frame.id);
    }
  }
}

/** A frame that is kept: its payload may be a view of what was received. */
function owned<F extends ClientFrame>(frame: F): F {
  return 'data' in frame ? { ...frame, data: new Uint8Array(frame.data) } : frame;
}

interface ConnectParts {
  readonly connect: ConnectHook;
  readonly services: SessionServices;
}

/** A newer token counts as one that somebody comes with. @throws RequestError where it is refused */
function askToGoOn(
  client: RequestClient,
  frame: ClientFrameOf<'auth'>,
  { connect, services }: ConnectParts,
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
      return new RequestError('unavailable', 'the server did not decide in time; try again later');
    case Refused.Revoked:
      return new RequestError('unauthenticated', 'the token is refused');
  }
}
