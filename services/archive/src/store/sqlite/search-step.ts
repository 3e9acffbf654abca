import { MAX_INDEXED_BYTES } from '../archive-search.ts';

/** What is indexed of a payload: its texts, however deep, each a line. Keys and numbers are no text. */
const textsOf = (payload: string): string =>
  `SELECT group_concat(value, char(10)) AS texts FROM json_tree(${payload}) WHERE type = 'text' HAVING count(*) > 0`;

/**
 * Words of what was said, as they are written, whatever their case: what PostgreSQL calls `simple`. The index has no copy of the texts, and
 * follows the table whatever is written or deleted there.
 */
export const SEARCH_STEP = `
CREATE VIRTUAL TABLE words USING fts5 (
  texts, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TRIGGER message_said AFTER INSERT ON messages
WHEN json_valid(new.payload) AND length(new.frame) <= ${String(MAX_INDEXED_BYTES)} BEGIN
  INSERT INTO words (rowid, texts) SELECT new.rowid, texts FROM (${textsOf('new.payload')});
END;
CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN
  DELETE FROM words WHERE rowid = old.rowid;
END;

INSERT INTO words (rowid, texts)
SELECT m.rowid, group_concat(t.value, char(10)) FROM messages m, json_tree(m.payload) t
WHERE json_valid(m.payload) AND length(m.frame) <= ${String(MAX_INDEXED_BYTES)} AND t.type = 'text' GROUP BY m.rowid;
`;
