/** Accounts of a cluster, those that have been deleted included. They are for small installations. */
export const MAX_ACCOUNTS = 100_000;

/** In the place of the password hash of an account that has been deleted: no password has it. */
export const DELETED = '';
