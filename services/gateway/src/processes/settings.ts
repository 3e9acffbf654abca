import { integer, type SettingValues } from '@outcry/config';

const MAX_PROCESSES = 64;
/** Of a node's name. */
const MAX_NAME_LENGTH = 32;
const MAX_PORT = 65_535;

/** Several gateways on one host and one port. */
export const PROCESS_SETTINGS = {
  OUTCRY_PROCESSES: integer({
    meaning:
      'Gateways that share the public port, each a process and a node of its own: one for each core. Their internal ports follow each other from OUTCRY_INTERNAL_PORT on, and their names are OUTCRY_NODE_ID with `-1`, `-2` and so on.',
    min: 1,
    max: MAX_PROCESSES,
    default: 1,
  }),
  OUTCRY_PROCESS: integer({
    meaning: 'Which of OUTCRY_PROCESSES this one is. Set by the process that starts them; 0 is that one.',
    min: 0,
    max: MAX_PROCESSES,
    default: 0,
  }),
} as const;

type ProcessSettings = SettingValues<typeof PROCESS_SETTINGS> & {
  readonly OUTCRY_NODE_ID?: string | undefined;
  readonly OUTCRY_INTERNAL_PORT: number;
};

export interface ProcessesConfig {
  readonly count: number;
  /** From 1; 0 is the one that starts them, or a gateway by itself. */
  readonly index: number;
}

export function processesConfigOf(settings: ProcessSettings): ProcessesConfig {
  return { count: settings.OUTCRY_PROCESSES, index: settings.OUTCRY_PROCESS };
}

export function problemsOfProcesses(settings: ProcessSettings): readonly string[] {
  const { OUTCRY_PROCESSES: count, OUTCRY_PROCESS: index, OUTCRY_INTERNAL_PORT: port } = settings;
  if (count === 1) return index > 1 ? ['OUTCRY_PROCESS: there is only one, by OUTCRY_PROCESSES'] : [];
  const problems: string[] = [];
  if (index > count) problems.push(`OUTCRY_PROCESS: expected at most ${String(count)}, which is OUTCRY_PROCESSES`);
  if (port + count - 1 > MAX_PORT) {
    problems.push(`OUTCRY_INTERNAL_PORT: there is none for the last of ${String(count)} processes`);
  }
  const longest = `${settings.OUTCRY_NODE_ID ?? ''}-${String(count)}`;
  if (longest.length > MAX_NAME_LENGTH) {
    problems.push(`OUTCRY_NODE_ID: with the number of a process behind it longer than ${String(MAX_NAME_LENGTH)}`);
  }
  return problems;
}

/** What one of several processes has of its own. */
export function ownOf(settings: ProcessSettings): { nodeId: string | undefined; internalPort: number } {
  const { OUTCRY_PROCESS: index, OUTCRY_NODE_ID: nodeId, OUTCRY_INTERNAL_PORT: internalPort } = settings;
  if (index === 0) return { nodeId, internalPort };
  return {
    nodeId: nodeId === undefined ? undefined : `${nodeId}-${String(index)}`,
    internalPort: internalPort === 0 ? 0 : internalPort + index - 1,
  };
}
