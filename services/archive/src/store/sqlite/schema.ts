import { SEARCH_STEP } from './search-step.ts';

/** Of files that are ours: "OCRY". SQLite keeps it in the header of a file. */
export const APPLICATION_ID = 0x4f435259;

/**
 * What the file is made of, a step for each version; a step that has been shipped is never changed, and none removes anything. Tables and
 * columns are those of PostgreSQL, as far as SQLite has their types: times are Unix milliseconds.
 */
export const STEPS: readonly string[] = [
  `
CREATE TABLE messages (
  room TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  payload TEXT,
  frame BLOB NOT NULL,
  info TEXT,
  info_bytes BLOB,
  PRIMARY KEY (room, epoch, seq)
) STRICT;
CREATE INDEX messages_by_time ON messages (sent_at);

CREATE TABLE gaps (
  room TEXT NOT NULL,
  epoch TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER,
  reason TEXT NOT NULL,
  PRIMARY KEY (room, epoch, first_seq)
) STRICT;

CREATE TABLE numberings (
  room TEXT NOT NULL,
  epoch TEXT NOT NULL,
  next_epoch TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (room, epoch)
) STRICT;
CREATE INDEX numberings_by_next ON numberings (room, next_epoch);

CREATE TABLE cursors (room TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE TABLE partitions (partition TEXT PRIMARY KEY, fence INTEGER NOT NULL) STRICT;
CREATE TABLE services (service TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
`,
  SEARCH_STEP,
];

/** The epochs of an order of numbers ($room, $epoch), and up to which number each goes: those that went on from one another. */
export const CHAIN = `
WITH RECURSIVE chain (epoch, last_seq) AS (
  SELECT $epoch, ${String(Number.MAX_SAFE_INTEGER)}
  UNION
  SELECT n.epoch, min(n.last_seq, c.last_seq) FROM chain c JOIN numberings n ON n.room = $room AND n.next_epoch = c.epoch
)
SELECT epoch, last_seq FROM chain`;
