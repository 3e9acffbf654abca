import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const HOST = '127.0.0.1';

interface Named {
  /** 127.0.0.1 where nothing is said. */
  readonly host?: string;
  readonly port: number;
  readonly configEpoch: number;
}

/**
 * A sentinel that says what it is told to, for what real ones come to only by chance: of one that is wrong, late or silent.
 * The primary that it names goes by the name of main.
 */
export class OddSentinel implements AsyncDisposable {
  readonly #server = createServer((socket) => {
    this.#take(socket);
  });
  readonly #sockets = new Set<Socket>();
  readonly #listening = new Set<Socket>();
  #named: Named;
  /** Takes connections and answers nothing. */
  isSilent = false;

  private constructor(named: Named) {
    this.#named = named;
  }

  static async start(named: Named): Promise<OddSentinel> {
    const sentinel = new OddSentinel(named);
    sentinel.#server.listen(0, HOST);
    await once(sentinel.#server, 'listening');
    return sentinel;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Those that listen to it. */
  get listeners(): number {
    return this.#listening.size;
  }

  /** Names another primary, and tells who listens. */
  switchTo(named: Named): void {
    const text = `main ${HOST} ${String(this.#named.port)} ${HOST} ${String(named.port)}`;
    this.#named = named;
    for (const socket of this.#listening) socket.write(push('message', '+switch-master', text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#listening.delete(socket);
    });
    let unread = '';
    socket.on('data', (piece) => {
      unread += piece.toString('latin1');
      for (;;) {
        const { words, length } = readCommand(unread);
        if (length === 0) return;
        unread = unread.slice(length);
        if (!this.isSilent) socket.write(this.#answer(socket, words));
      }
    });
  }

  #answer(socket: Socket, [name = '', subject = '']: readonly string[]): string {
    const { host = HOST, port, configEpoch } = this.#named;
    switch (`${name} ${subject}`.trim().toUpperCase()) {
      case 'HELLO 3':
        return `%1\r\n${bulk('proto')}:3\r\n`;
      case 'SENTINEL GET-MASTER-ADDR-BY-NAME':
        return `*2\r\n${bulk(host)}${bulk(String(port))}`;
      case 'SENTINEL MASTER':
        return `%1\r\n${bulk('config-epoch')}${bulk(String(configEpoch))}`;
      case 'SUBSCRIBE +SWITCH-MASTER':
        this.#listening.add(socket);
        return `>3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`;
      default:
        return '+OK\r\n';
    }
  }
}

/** The first command of a text; of length 0 where it is not all there. */
function readCommand(text: string): { words: readonly string[]; length: number } {
  const head = /^\*(\d+)\r\n/.exec(text);
  let length = head?.[0].length ?? 0;
  const words: string[] = [];
  for (let left = Number(head?.[1] ?? 0); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(length));
    const start = length + (size?.[0].length ?? 0);
    const end = start + Number(size?.[1] ?? 0);
    if (size === null || text.length < end + 2) return { words: [], length: 0 };
    words.push(text.slice(start, end));
    length = end + 2;
  }
  return { words, length };
}

function push(...words: readonly string[]): string {
  return `>${String(words.length)}\r\n${words.map(bulk).join('')}`;
}

function bulk(word: string): string {
  return `$${String(word.length)}\r\n${word}\r\n`;
}
