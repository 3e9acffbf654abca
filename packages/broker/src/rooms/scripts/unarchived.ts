/** How long what is not archived yet is stored behind its room's last message, whatever the room keeps. */
export const UNARCHIVED_MS = 24 * 60 * 60 * 1000;
