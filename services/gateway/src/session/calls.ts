import type { ClientFrameOf } from '@outcry/protocol';

import type { Verdict } from '../hooks/ask-before.ts';
import type { PayloadAnswer } from '../hooks/payload-answer.ts';
import type { RpcHook } from '../hooks/rpc-hook.ts';
import { HeldRequests } from './held-requests.ts';
import { checkCallRate } from './rates.ts';
import { checkMayAsk, type RequestClient } from './requests.ts';
import type { SessionServices } from './session-services.ts';

/** What clients ask of the operator's server: passed on, and the answer passed back. Calls of a session wait for their turn, in no order. */
export class Calls {
  readonly #rpc: RpcHook;
  /** Of sessions that have called. */
  readonly #waiting = new WeakMap<RequestClient, HeldRequests>();

  constructor(rpc: RpcHook) {
    this.#rpc = rpc;
  }

  /** `frame` is kept. @throws RequestError, at once or by rejection, where there is no answer to pass back */
  pass(client: RequestClient, frame: ClientFrameOf<'call'>, services: SessionServices): Promise<void> {
    checkMayAsk(client, frame, services);
    checkCallRate(client, services);
    return this.#waitingOf(client, services).hold({
      scope: Symbol('call'),
      frame,
      ask: () => this.#rpc.call(client, frame),
      proceed: (verdict: Verdict<PayloadAnswer>) => {
        if (verdict.refusal !== undefined) throw verdict.refusal;
        reply(client, frame, verdict.answer?.data);
      },
    });
  }

  #waitingOf(client: RequestClient, { limits }: SessionServices): HeldRequests {
    const known = this.#waiting.get(client);
    if (known !== undefined) return known;
    const { maxFrameBytes } = limits;
    const waiting = new HeldRequests({
      client,
      maxFrameBytes,
      maxAsked: this.#rpc.maxPerSession,
      resume: nothingWaits,
    });
    this.#waiting.set(client, waiting);
    return waiting;
  }
}

function reply(client: RequestClient, { id }: ClientFrameOf<'call'>, data: Uint8Array | undefined): void {
  client.sendFrame({ type: 'reply', ...(id === undefined ? {} : { id }), ...(data === undefined ? {} : { data }) });
}

/** A call holds nothing behind it. */
function nothingWaits(): void {
  return undefined;
}
