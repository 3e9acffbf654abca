import type { StandaloneConfig } from './config/config.ts';

/** What somebody who has just typed `npm start` wants to know. */
export function describeStart({ gateway, feedPublisher, data }: StandaloneConfig, port: number): string {
  const address = `localhost:${String(port)}`;
  const role =
    feedPublisher === undefined ? `as a node of the cluster at ${new URL(gateway.redis.url).host}` : 'by itself';
  const page = gateway.demoDirectory === undefined ? '' : `  page     http://${address}\n`;
  const keeps = data === undefined ? '' : `  messages in ${data.folder} (--memory keeps none)\n`;
  return `\noutcry runs ${role}\n\n${page}  clients  ws://${address}/ws\n${keeps}${describeTrust(gateway.auth)}\n`;
}

/** Where tokens are checked there is nothing to say. */
function describeTrust({ accounts, tokens }: StandaloneConfig['gateway']['auth']): string {
  if (tokens !== undefined) return '';
  const exception = accounts === undefined ? '' : ', but for those that are registered until this process ends';
  return `  names    taken on trust${exception}\n`;
}
