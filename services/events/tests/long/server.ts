import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/** In which a server may be killed that has what it was told, and has not said so. */
const ANSWER_MS = 20;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    file: { type: 'string', default: '' },
    secret: { type: 'string', default: '' },
  },
});

/** The operator's server, in a process of its own: writes down what it is told before it says that it has it. */
const server = createServer((request, response) => {
  void text(request).then(async (body) => {
    const isGenuine = verify(request, body);
    if (isGenuine) appendFileSync(values.file, `${body}\n`);
    await delay(ANSWER_MS);
    response.writeHead(isGenuine ? 204 : 401).end();
  });
});
// What was being written when the one before was killed is no line of this one.
appendFileSync(values.file, '\n');
server.listen(Number(values.port), '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${JSON.stringify({ level: 30, msg: 'server listening' })}\n`);

function verify({ headers }: IncomingMessage, body: string): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = createHmac('sha256', values.secret).update(signed).digest();
  const given = Buffer.from(String(headers['webhook-signature']).replace(/^v1,/, ''), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
