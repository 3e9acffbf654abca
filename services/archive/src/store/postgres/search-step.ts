import { MAX_INDEXED_BYTES } from '../archive-search.ts';

/** What the function raises where the language is none of those that are indexed. */
export const LANGUAGE_STATE = 'OC002';

/**
 * Search. What is asked for reaches its query as parameters, and each call is planned for its own: so a range of time leaves out the other
 * months, and the words are looked up in the index of their language.
 */
export const SEARCH_STEP = `
-- The configuration of a language, of PostgreSQL's own or of the schema outcry; null where there is none.
CREATE FUNCTION outcry.archive_text_config(language text) RETURNS regconfig
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.oid::regconfig FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
  WHERE c.cfgname = archive_text_config.language AND n.nspname IN ('outcry', 'pg_catalog') ORDER BY n.nspname LIMIT 1;
$$;

-- The languages whose index is whole.
CREATE FUNCTION outcry.archive_languages() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT substr(c.relname, length('messages_text_') + 1) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = 'outcry.messages'::regclass AND i.indisvalid AND starts_with(c.relname::text, 'messages_text_') ORDER BY 1;
$$;

-- What was said in rooms by a pattern, by a sender, at a time, with words in a language: the newest first, behind a message. It ends in a row
-- without a frame where there is more. Null: whatever it is. The one language that there is need not be named.
CREATE FUNCTION outcry.archive_search(
  pattern text, sender text, sent_from bigint, sent_before bigint, words text, language text,
  behind_at bigint, behind_room text, behind_epoch text, behind_seq bigint, max_messages integer, max_bytes integer
) RETURNS TABLE (room text, epoch text, seq bigint, numbered_at bigint, frame bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  exact text := CASE WHEN strpos(archive_search.pattern, '*') = 0 THEN archive_search.pattern END;
  alike text := CASE WHEN strpos(archive_search.pattern, '*') > 0 THEN outcry.archive_like(archive_search.pattern) END;
  first_time timestamptz := coalesce(to_timestamp(archive_search.sent_from / 1000.0), '-infinity');
  end_time timestamptz := coalesce(to_timestamp(archive_search.sent_before / 1000.0), 'infinity');
  last_time timestamptz := to_timestamp(archive_search.behind_at / 1000.0);
  known text[];
  config regconfig;
  query tsquery;
  page refcursor;
  message record;
  messages integer := 0;
  bytes bigint := 0;
BEGIN
  IF archive_search.words IS NOT NULL THEN
    known := ARRAY(SELECT outcry.archive_languages());
    IF archive_search.language IS NULL AND cardinality(known) = 1 THEN
      config := outcry.archive_text_config(known[1]);
    ELSIF archive_search.language = ANY (known) THEN
      config := outcry.archive_text_config(archive_search.language);
    END IF;
    IF config IS NULL THEN
      RAISE EXCEPTION '%', coalesce(nullif(array_to_string(known, ', '), ''), 'none') USING ERRCODE = '${LANGUAGE_STATE}';
    END IF;
    query := websearch_to_tsquery(config, archive_search.words);
  END IF;
  OPEN page NO SCROLL FOR
    SELECT m.room, m.epoch, m.seq, m.sent_at, m.frame FROM outcry.messages m
    WHERE m.sent_at >= first_time AND m.sent_at < end_time
      AND (exact IS NULL OR m.room = exact) AND (alike IS NULL OR m.room LIKE alike)
      AND (archive_search.sender IS NULL OR m.sender = archive_search.sender)
      AND (query IS NULL OR (
        octet_length(m.frame) <= ${String(MAX_INDEXED_BYTES)} AND jsonb_to_tsvector(config, m.payload, '["string"]') @@ query
      ))
      AND (last_time IS NULL OR (
        m.sent_at <= last_time AND (m.sent_at, m.room, m.epoch, m.seq)
          < (last_time, archive_search.behind_room, archive_search.behind_epoch, archive_search.behind_seq)
      ))
    ORDER BY m.sent_at DESC, m.room DESC, m.epoch DESC, m.seq DESC LIMIT archive_search.max_messages + 1;
  LOOP
    FETCH page INTO message;
    EXIT WHEN NOT FOUND;
    bytes := bytes + octet_length(message.frame);
    IF messages = archive_search.max_messages OR (messages > 0 AND bytes > archive_search.max_bytes) THEN
      frame := NULL;
      RETURN NEXT;
      EXIT;
    END IF;
    messages := messages + 1;
    room := message.room;
    epoch := message.epoch;
    seq := message.seq;
    numbered_at := extract(epoch FROM message.sent_at) * 1000;
    frame := message.frame;
    RETURN NEXT;
  END LOOP;
  CLOSE page;
END $$;

REVOKE ALL ON FUNCTION outcry.archive_text_config, outcry.archive_languages, outcry.archive_search FROM PUBLIC;
`;
