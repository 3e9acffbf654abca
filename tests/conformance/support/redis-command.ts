import { once } from 'node:events';
import { connect } from 'node:net';

/** Runs one command without arguments on a Redis and gives the first line of its answer. */
export async function runRedisCommand(command: string, redis: { host: string; port: number }): Promise<string> {
  const socket = connect(redis);
  await once(socket, 'connect');
  socket.write(`${command}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().split('\r\n')[0] ?? '';
}
