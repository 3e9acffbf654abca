import { formatMarkdownTable } from '@outcry/config';
import { FEED_PUBLISHER_SETTINGS } from '@outcry/feed-publisher';
import { GATEWAY_SETTINGS } from '@outcry/gateway';
import { INBOUND_SETTINGS } from '@outcry/inbound';

import { STANDALONE_SETTINGS } from './settings.ts';

/** The text of docs/CONFIGURATION.md, from the settings themselves. */
export function formatConfigurationDocument(): string {
  return `# Configuration

Settings are environment variables. Each service checks all of them when it starts and reports every problem at once; an unknown
\`OUTCRY_*\` name is a problem, because a misspelt one would otherwise be a default that nobody chose. An empty variable counts as absent.
\`--check-config\` prints the effective settings with secrets left out, \`--help\` lists them.

This page is made from the settings' own schemas by \`npm run docs\`; a test fails when it is out of date.

## Gateway

${formatMarkdownTable(GATEWAY_SETTINGS)}

## Feed publisher

${formatMarkdownTable(FEED_PUBLISHER_SETTINGS)}

## Inbound

${formatMarkdownTable(INBOUND_SETTINGS)}

## Standalone (\`npm start\`)

Those of gateway and feed publisher, but for these:

${formatMarkdownTable({
  OUTCRY_REDIS_URL: STANDALONE_SETTINGS.OUTCRY_REDIS_URL,
  OUTCRY_ACCOUNTS: STANDALONE_SETTINGS.OUTCRY_ACCOUNTS,
  OUTCRY_DEMO: STANDALONE_SETTINGS.OUTCRY_DEMO,
})}
`;
}
