import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import type { Environment } from '@outcry/config';

import { readEnvironment } from './env.ts';

export interface UserPlaces {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly environment: Environment;
}

/** Where programs keep what is a user's own, each in a folder of its name. */
export function userDataFolder(name: string, places?: UserPlaces): string {
  const { platform, home, environment } = places ?? {
    platform: process.platform,
    home: homedir(),
    environment: readEnvironment(),
  };
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', name);
  const [variable, fallback] =
    platform === 'win32'
      ? (['LOCALAPPDATA', ['AppData', 'Local']] as const)
      : (['XDG_DATA_HOME', ['.local', 'share']] as const);
  const { [variable]: named = '' } = environment;
  // The specification of XDG has a path that is not absolute passed over.
  return join(isAbsolute(named) ? named : join(home, ...fallback), name);
}
