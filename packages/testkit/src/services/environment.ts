export type Setting = string | number | boolean;

/** Settings as a service reads them: `{ maxRooms: 2 }` with prefix `OUTCRY_` is `OUTCRY_MAX_ROOMS=2`. */
export function toEnvironment(
  prefix: string,
  settings: Readonly<Record<string, Setting | undefined>>,
): Record<string, string> {
  const entries = Object.entries(settings).filter((entry): entry is [string, Setting] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [`${prefix}${upperSnake(name)}`, String(value)]));
}

function upperSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
