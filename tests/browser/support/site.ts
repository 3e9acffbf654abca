import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

const PROGRAM = fileURLToPath(new URL('../page/program.ts', import.meta.url));
const PAGE = '<!doctype html><title>outcry</title><script type="module" src="/program.js"></script>';
const ELSEWHERE = '<!doctype html><title>elsewhere</title>';

/** Serves the page with the client library in it, bundled as applications do, past every fault. */
export class Site implements AsyncDisposable {
  readonly origin: string;
  readonly #server: Server;

  private constructor(server: Server) {
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
    this.origin = `http://127.0.0.1:${String(address.port)}`;
    this.#server = server;
  }

  static async start(): Promise<Site> {
    const code = await bundle();
    const server = createServer(({ url }, response) => {
      const [type, body] =
        url === '/program.js' ? ['text/javascript', code] : ['text/html', url === '/' ? PAGE : ELSEWHERE];
      response.setHeader('content-type', type).end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Site(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

async function bundle(): Promise<string> {
  await using build = await rolldown({ input: PROGRAM, platform: 'browser' });
  const { output } = await build.generate({ format: 'esm' });
  if (output.length !== 1) throw new Error(`expected one file, not ${String(output.length)}`);
  return output[0].code;
}
