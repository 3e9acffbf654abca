import type { WireFrame } from '@outcry/protocol';
import * as uws from 'uWebSockets.js';

/** Where shorter frames would save less than what they cost: what `ws` and Socket.IO have, too. */
const MIN_COMPRESSED_LENGTH = 1024;

/** Its types (20.0.8) have these as types, and not as the values that they are. */
const MODES = uws as unknown as Readonly<Record<'DISABLED' | 'SHARED_COMPRESSOR' | 'SHARED_DECOMPRESSOR', number>>;

/** Without memory from one message to the next: windows of their own would take some of each connection, for as long as it is open (decision 0084). */
const SHARED = MODES.SHARED_COMPRESSOR | MODES.SHARED_DECOMPRESSOR;

/** Which frames are compressed, for those who have agreed on it. */
export class Compression {
  /** What uWS is to agree on. */
  readonly mode: number;
  readonly #isOn: boolean;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
    this.mode = isOn ? SHARED : MODES.DISABLED;
  }

  /** What a handshake offers, as far as it is looked at. */
  offerOf(request: Pick<uws.HttpRequest, 'getHeader'>): string {
    return this.#isOn ? request.getHeader('sec-websocket-extensions') : '';
  }

  isWorthIt(frame: WireFrame): boolean {
    return this.#isOn && frame.length >= MIN_COMPRESSED_LENGTH;
  }
}
