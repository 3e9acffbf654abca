/** Who this gateway lets in, and how: what it says in `/doors.json`. */
export interface Doors {
  /** Whether people can register and log in. */
  readonly hasAccounts: boolean;
  /** `trusted`: anybody under any name; `guest`: under a name that the gateway gives; `none`: not without a token. */
  readonly strangers: 'trusted' | 'guest' | 'none';
}

/** @throws Error where the gateway cannot be asked */
export async function askDoors(): Promise<Doors> {
  const answer: unknown = await (await fetch('/doors.json')).json();
  if (typeof answer !== 'object' || answer === null) throw new Error('expected doors');
  const hasAccounts = 'hasAccounts' in answer && answer.hasAccounts === true;
  const strangers = 'strangers' in answer ? answer.strangers : undefined;
  return { hasAccounts, strangers: strangers === 'trusted' || strangers === 'guest' ? strangers : 'none' };
}
