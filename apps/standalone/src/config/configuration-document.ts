import { formatMarkdownTable } from '@outcry/config';
import { ARCHIVE_SECTIONS } from '@outcry/archive';
import { EVENTS_SECTIONS } from '@outcry/events';
import { FEED_PUBLISHER_SECTIONS } from '@outcry/feed-publisher';
import { GATEWAY_SECTIONS } from '@outcry/gateway';
import { INBOUND_SECTIONS } from '@outcry/inbound';

import { DATA_SETTINGS } from '../data/settings.ts';
import { STANDALONE_SECTIONS, STANDALONE_SETTINGS } from './settings.ts';

/** The text of docs/CONFIGURATION.md, from the settings themselves. */
export function formatConfigurationDocument(): string {
  return `# Configuration

Settings are environment variables, or stand in a file. Each service checks all of them when it starts and reports every problem at once; an unknown
\`OUTCRY_*\` name is a problem, because a misspelt one would otherwise be a default that nobody chose. An empty variable counts as absent.
\`--check-config\` prints the effective settings and where each comes from, with secrets left out; \`--help\` lists them.

\`--config FILE\` or \`OUTCRY_CONFIG_FILE=FILE\` names a file of YAML or JSON, as \`deploy/outcry.yaml\` is one: the column "in a file" says where in it a setting stands.
The environment comes before the file, the file before the default. Lists may be lists there, and room rules are what they are, no text with JSON.
What is wrong with a file is told with file, line and column; one file may be for all services, each of which takes \`service\` and the section of its name; inbound takes from \`gateway\` what it has to have as the gateways have it.

This page is made from the settings' own schemas by \`npm run docs\`; a test fails when it is out of date.

## Gateway

${formatMarkdownTable(GATEWAY_SECTIONS)}

## Feed publisher

${formatMarkdownTable(FEED_PUBLISHER_SECTIONS)}

## Inbound

${formatMarkdownTable(INBOUND_SECTIONS)}

## Archive

${formatMarkdownTable(ARCHIVE_SECTIONS)}

## Events

${formatMarkdownTable(EVENTS_SECTIONS)}

## Standalone (\`npm start\`)

Those of gateway and feed publisher, but for these:

${formatMarkdownTable(STANDALONE_SECTIONS, {
  OUTCRY_REDIS_URL: STANDALONE_SETTINGS.OUTCRY_REDIS_URL,
  OUTCRY_ACCOUNTS: STANDALONE_SETTINGS.OUTCRY_ACCOUNTS,
  OUTCRY_DEMO: STANDALONE_SETTINGS.OUTCRY_DEMO,
  ...DATA_SETTINGS,
})}
`;
}
