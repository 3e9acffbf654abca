import { explainClose, explainSilence } from '@outcry/endpoint';
import type { Encoding, Instrument, ReceivedFrame } from '@outcry/protocol';

import { Connection, type ConnectionHandler } from '../client/connection.ts';
import type { Access } from '../plan/plan.ts';
import { UsageError } from './usage-error.ts';

/** What a target says of itself. */
export interface Probed {
  readonly node: string;
  readonly maxFrameBytes: number;
  /** Empty where there are no books. */
  readonly instruments: readonly Instrument[];
}

export interface ProbeOptions {
  readonly url: string;
  readonly encoding: Encoding;
  readonly access: Access;
}

const PROBE_MS = 10_000;
const OPTIONS = { token: '--token or --token-file', insecure: '--insecure' };

/**
 * Connects once, to see that there is a deployment and that it lets us in.
 *
 * @throws UsageError that says what is wrong and what to do
 */
export async function probe({ url, encoding, access }: ProbeOptions): Promise<Probed> {
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        reject(new UsageError(message));
      };
      timer = setTimeout(() => {
        fail(explainSilence(url, PROBE_MS));
      }, PROBE_MS);
      const handler = handlerOf({ url, resolve, fail, send: (frame) => connection?.send(frame) });
      const [token] = access.tokens;
      connection = new Connection({ url, encoding, token, isInsecure: access.isInsecure }, handler);
    });
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}

interface ProbeActions {
  readonly url: string;
  readonly resolve: (probed: Probed) => void;
  readonly fail: (message: string) => void;
  readonly send: Connection['send'];
}

function handlerOf({ url, resolve, fail, send }: ProbeActions): ConnectionHandler {
  let welcome: Extract<ReceivedFrame, { type: 'welcome' }> | undefined;
  return {
    received(frame) {
      if (frame.type === 'welcome') {
        welcome = frame;
        send({ type: 'symbols', id: 1 });
      } else if (frame.type === 'ack' && welcome !== undefined) {
        resolve({ ...welcome, instruments: frame.instruments ?? [] });
      } else if (frame.type === 'error' && welcome !== undefined) {
        resolve({ ...welcome, instruments: [] });
      }
    },
    misunderstood(error) {
      fail(`${url}: a frame that is not of outcry.v1: ${error.message}\n  Is it an outcry gateway?`);
    },
    closed(close) {
      fail(explainClose(url, close, OPTIONS));
    },
  };
}
