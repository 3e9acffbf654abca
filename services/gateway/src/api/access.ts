import { ApiError } from './api-error.ts';
import type { ApiParts } from './api-parts.ts';
import type { Bearer } from './bearer.ts';

/** What a command is to those who run the cluster. */
export const Access = {
  /** Changes nothing: any key will do. */
  Look: 'look',
  /** What servers do all day: a line in the log for each would be too many, so there is one where a reason was given. */
  Serve: 'serve',
  /** What somebody may be asked about later: it is always in the log. */
  Act: 'act',
} as const;
export type Access = (typeof Access)[keyof typeof Access];

/** What is said of the subject of a command: names, and never what is published or secret. */
const SUBJECTS = ['user', 'connection', 'token', 'room', 'node', 'mayReturn'] as const;

/** @throws ApiError `forbidden` */
export function checkAccess(access: Access, { mayAct, subject }: Bearer): void {
  if (access === Access.Look || mayAct) return;
  const why =
    subject === undefined
      ? 'this key may look, and change nothing: OUTCRY_API_READ_KEYS'
      : 'your roles let you look, and change nothing: OUTCRY_CONSOLE_OIDC_READ_ROLES';
  throw new ApiError('forbidden', why);
}

export interface Deed {
  readonly command: string;
  readonly access: Access;
  readonly params: unknown;
  readonly outcome: string;
}

/** Writes into the log who has done what to whom, why, and what became of it. */
export function audit(
  { name, subject, reason }: Bearer,
  { command, access, params, outcome }: Deed,
  { logger }: Pick<ApiParts, 'logger'>,
): void {
  if (access === Access.Look || (access === Access.Serve && reason === undefined)) return;
  logger.info({ key: name, subject, command, ...subjectOf(params), reason, outcome }, 'operator acted');
}

function subjectOf(params: unknown): Readonly<Record<string, unknown>> {
  if (typeof params !== 'object' || params === null) return {};
  const given = new Map(Object.entries(params));
  return Object.fromEntries(SUBJECTS.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
}
