/** Accounts of a cluster. They are for small installations, and never removed by the gateway. */
export const MAX_ACCOUNTS = 100_000;
