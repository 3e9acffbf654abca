import {
  DeadlineError,
  type Disconnect,
  HandshakeRefusedError,
  RawClient,
  type RawClientOptions,
  type RawSocket,
} from '@outcry/testkit';

/** How long a server may take for its verdict, on a machine that is busy with the attack. */
const VERDICT_DEADLINE_MS = 30_000;
/** An end without a close frame (RFC 6455 §7.1.5). */
const NO_CLOSE_FRAME = 1006;

/**
 * What became of a handshake: `HTTP 403`, `4001 unauthenticated`, `let in`, or `cut` where the connection ended without a
 * word. `say` is what the client says right after it.
 */
export async function outcomeOfHandshake(
  options: RawClientOptions,
  say: (client: RawClient) => void = () => undefined,
): Promise<string> {
  return withConnection(options, async (client) => {
    say(client);
    const welcomed = client.next('welcome', VERDICT_DEADLINE_MS).then(() => 'let in');
    return Promise.race([welcomed.catch(neverSettles), outcomeOfEnd(client.socket)]);
  });
}

/** What became of a session after what it sent: `error forbidden`, or how it ended. */
export async function outcomeOfFrames(options: RawClientOptions, send: (client: RawClient) => void): Promise<string> {
  return withConnection(options, async (client) => {
    await client.next('welcome');
    send(client);
    const refused = client.next('error', VERDICT_DEADLINE_MS).then(({ code }) => `error ${code}`);
    return Promise.race([refused.catch(neverSettles), outcomeOfEnd(client.socket)]);
  });
}

/** How a connection ended: `4002 malformed`, `cut`, or `left open`. */
export async function outcomeOfEnd(
  socket: Pick<RawSocket, 'waitForClose'>,
  deadlineMs = VERDICT_DEADLINE_MS,
): Promise<string> {
  try {
    return describeEnd(await socket.waitForClose(deadlineMs));
  } catch (err) {
    if (err instanceof DeadlineError) return 'left open';
    throw err;
  }
}

export async function withConnection(
  options: RawClientOptions,
  use: (client: RawClient) => Promise<string>,
): Promise<string> {
  let client: RawClient;
  try {
    client = await RawClient.connect(options);
  } catch (err) {
    return describeRefusal(err);
  }
  try {
    return await use(client);
  } finally {
    client.socket.destroy();
  }
}

function describeRefusal(err: unknown): string {
  if (err instanceof HandshakeRefusedError) return `HTTP ${String(err.response.status)}`;
  if (err instanceof DeadlineError) return 'no answer';
  return 'cut';
}

function describeEnd({ code, reason }: Disconnect): string {
  return code === NO_CLOSE_FRAME ? 'cut' : `${String(code)} ${reason}`.trim();
}

/** Of two that race, the one that failed lets the other tell. */
function neverSettles(): Promise<never> {
  return new Promise(() => undefined);
}
