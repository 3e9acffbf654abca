import type { KeySpace } from '../redis/keys.ts';

/** A channel that every gateway listens to. */
export function controlChannel(space: KeySpace): string {
  return `${space.baseOf('control')}control/`;
}
