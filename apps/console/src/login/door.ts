/** Where people sign in, as the gateway says. */
export interface Door {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: string;
  /** Absent while the gateway has not reached the provider. */
  readonly authorizationUrl?: string;
  readonly tokenUrl?: string;
}

/** One through which somebody can go now. */
export type OpenDoor = Required<Door>;

const DEADLINE_MS = 10_000;

/** Undefined where nobody signs in, or the gateway does not say. */
export async function findDoor(): Promise<Door | undefined> {
  try {
    const response = await fetch('login.json', {
      ...{ credentials: 'omit', cache: 'no-store' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    return ((await response.json()) as { readonly oidc?: Door }).oidc;
  } catch {
    return undefined;
  }
}

export function isOpen(door: Door): door is OpenDoor {
  return door.authorizationUrl !== undefined && door.tokenUrl !== undefined;
}

/** What people know it by. */
export function hostOf({ issuer }: Door): string {
  return new URL(issuer).host;
}
