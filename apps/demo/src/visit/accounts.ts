export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What opens a session: a token for a user. How long it is good, the gateway alone knows. */
export interface Admission {
  readonly user: string;
  readonly token: string;
}

/** Gateways refuse what is shorter or longer. */
const PASSWORD_LENGTH = { min: 8, max: 128 } as const;

/** What is wrong with a password, to its visitor; undefined where nothing is. */
export function passwordProblem(password: string): string | undefined {
  const { min, max } = PASSWORD_LENGTH;
  if (password.length < min) return `At least ${String(min)} characters, please.`;
  return password.length > max ? `At most ${String(max)} characters, please.` : undefined;
}

/** @throws Error that says to the visitor what is wrong */
export async function requestAdmission(action: 'register' | 'login', credentials: Credentials): Promise<Admission> {
  const answer = await post(`/auth/${action}`, credentials);
  if (isAdmission(answer)) return answer;
  throw new Error(problemOf(answer));
}

/** Whether this is what the gateway answers, or what an earlier visit has kept of it. */
export function isAdmission(value: unknown): value is Admission {
  return (
    typeof value === 'object' &&
    value !== null &&
    'user' in value &&
    typeof value.user === 'string' &&
    'token' in value &&
    typeof value.token === 'string'
  );
}

async function post(path: string, body: Credentials): Promise<unknown> {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer: unknown = await (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    return answer;
  } catch (cause) {
    throw new Error('The gateway does not answer. Please try again in a moment.', { cause });
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  badCredentials: 'This name and this password do not belong together.',
  nameTaken: 'Somebody has this name already.',
  rateLimited: 'Too many tries. Please wait a minute.',
  unavailable: 'Accounts cannot be had at the moment. Please try again.',
};

function problemOf(answer: unknown): string {
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'The gateway has answered nonsense.';
  const message = 'message' in error ? String(error.message) : '';
  return PROBLEMS[String(error.code)] ?? message;
}
