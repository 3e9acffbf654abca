import type { StandaloneConfig } from './config/config.ts';

/** What somebody who has just typed `npm start` wants to know. */
export function describeStart({ gateway, feedPublisher }: StandaloneConfig, port: number): string {
  const address = `localhost:${String(port)}`;
  const role =
    feedPublisher === undefined ? `as a node of the cluster at ${new URL(gateway.redis.url).host}` : 'by itself';
  const page = gateway.demoDirectory === undefined ? '' : `  page     http://${address}\n`;
  return `\noutcry runs ${role}\n\n${page}  clients  ws://${address}/ws\n\n`;
}
