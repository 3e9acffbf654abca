import { drawFloors, drawWorkspaces } from './draw.ts';
import type { House } from './house.ts';
import { HOUSE } from './map.ts';

const BEGIN = '<!-- From here on drawn from tools/floors/src/map.ts, by `npm run docs`. -->';
const END = '<!-- Up to here. -->';

/** Whose floors the document shows; those of all others are short enough to be read in the map. */
const SHOWN: Readonly<Record<string, string>> = {
  'services/gateway': 'The gateway',
  'services/feed-publisher': 'The feed publisher',
  'services/inbound': 'The inbound service',
  'services/archive': 'The archive',
  'services/events': 'The sender of events',
  'packages/broker': 'The broker',
  'packages/client': 'The client library',
};

/** docs/ARCHITECTURE.md with its diagrams as the house is. */
export function withDiagrams(document: string, house: House = HOUSE): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`expected the lines "${BEGIN}" and "${END}", in this order`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${diagramsOf(house)}\n\n${document.slice(end)}`;
}

function diagramsOf(house: House): string {
  const floors = Object.entries(SHOWN).flatMap(([path, title]) => {
    const workspace = house[path];
    return workspace === undefined ? [] : [`### ${title}`, drawFloors(workspace)];
  });
  return ['### Workspaces', drawWorkspaces(house), ...floors].join('\n\n');
}
