import { ChildServer } from '@outcry/testkit';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Finds the port in the line that says that the server listens; its first group is the port. */
  readonly listening: RegExp;
}

/** A server in a process of its own, from the moment that it listens. */
export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly #server: ChildServer;

  private constructor(server: ChildServer, pid: number, port: number) {
    this.#server = server;
    this.pid = pid;
    this.port = port;
  }

  /** @throws Error with the output of a server that does not begin to listen */
  static async start({ command, args, cwd, env = {}, listening }: ServerCommand): Promise<ServerProcess> {
    const server = new ChildServer({ command, args, cwd, env, ready: listening });
    const [, port] = await server.start();
    if (server.pid === undefined) throw new Error(`${command} ended as soon as it listened`);
    return new ServerProcess(server, server.pid, Number(port));
  }

  /** Resolves when the process has ended in its own way, as SIGINT asks it to. */
  async interrupt(): Promise<void> {
    await this.#server.kill('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.kill();
  }
}
