import { FENCED_STATE } from '@outcry/worker';

/**
 * What was known of the sender is kept with a message, and which months a room's numbers are in with the room.
 *
 * A span begins where a message is of another month than the one before it in its epoch: from there on, up to the next span, all are of
 * that month. So a page of numbers is read of its months alone, also where a clock went back over the end of one. Spans say nothing of
 * what was archived before there were any: that is looked for in every month.
 *
 * Two functions take or say more than they did. They are made anew, with the rights that were granted on them; services and gateways that
 * know the former ones go on with these.
 */
export const INFO_AND_MONTHS = `
ALTER TABLE outcry.messages ADD COLUMN info_bytes bytea;

CREATE TABLE outcry.archive_spans (
  room text NOT NULL,
  epoch text NOT NULL,
  first_seq bigint NOT NULL,
  month timestamptz NOT NULL,
  PRIMARY KEY (room, epoch, first_seq)
);

CREATE TEMPORARY TABLE archive_granted AS
  SELECT p.proname AS name, a.grantee::regrole AS role
  FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
  WHERE p.pronamespace = 'outcry'::regnamespace AND p.proname IN ('archive_store', 'archive_page')
    AND a.privilege_type = 'EXECUTE' AND a.grantee NOT IN (0, p.proowner);
DROP FUNCTION outcry.archive_store;
DROP FUNCTION outcry.archive_page;

CREATE FUNCTION outcry.archive_store(
  partition smallint, fence bigint,
  rooms text[], epochs text[], seqs bigint[], times bigint[], senders text[], payloads text[], frames bytea[],
  gaps jsonb, cursors jsonb,
  infos text[] DEFAULT NULL, info_bytes bytea[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stored bigint;
BEGIN
  -- Held until the commit: whoever claims the partition waits for what is under way, and nothing of it comes behind that.
  PERFORM FROM outcry.archive_partitions p
  WHERE p.partition = archive_store.partition AND p.fence <= archive_store.fence FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another service archives partition %', archive_store.partition USING ERRCODE = '${FENCED_STATE}';
  END IF;
  PERFORM outcry.archive_month(month.first_day) FROM (
    SELECT DISTINCT date_trunc('month', to_timestamp(t / 1000.0), 'UTC') AS first_day FROM unnest(archive_store.times) t
  ) month;
  INSERT INTO outcry.messages (room, epoch, seq, sent_at, sender, payload, frame, info, info_bytes)
  SELECT m.room, m.epoch, m.seq, to_timestamp(m.at / 1000.0), m.sender, m.payload::jsonb, m.frame, m.info::jsonb, m.info_bytes
  FROM unnest(archive_store.rooms, archive_store.epochs, archive_store.seqs, archive_store.times, archive_store.senders,
    archive_store.payloads, archive_store.frames, archive_store.infos, archive_store.info_bytes)
    AS m (room, epoch, seq, at, sender, payload, frame, info, info_bytes)
  WHERE NOT EXISTS (
    SELECT FROM outcry.erasures e
    WHERE (e.pattern IS NULL OR m.room LIKE outcry.archive_like(e.pattern)) AND (e.sender IS NULL OR m.sender = e.sender)
    AND to_timestamp(m.at / 1000.0) < e.before
  )
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS stored = ROW_COUNT;
  -- The first of each room is compared with what is known of the numbers before it, and each of the others with the one before.
  INSERT INTO outcry.archive_spans (room, epoch, first_seq, month)
  SELECT s.room, s.epoch, s.seq, s.month
  FROM (
    SELECT m.room, m.epoch, m.seq, m.month, lag(m.month) OVER (PARTITION BY m.room, m.epoch ORDER BY m.seq) AS month_before
    FROM (
      SELECT u.room, u.epoch, u.seq, date_trunc('month', to_timestamp(u.at / 1000.0), 'UTC') AS month
      FROM unnest(archive_store.rooms, archive_store.epochs, archive_store.seqs, archive_store.times) AS u (room, epoch, seq, at)
    ) m
  ) s
  WHERE s.month IS DISTINCT FROM s.month_before AND s.month IS DISTINCT FROM coalesce(s.month_before, (
    SELECT p.month FROM outcry.archive_spans p
    WHERE p.room = s.room AND p.epoch = s.epoch AND p.first_seq <= s.seq ORDER BY p.first_seq DESC LIMIT 1
  ))
  ON CONFLICT DO NOTHING;
  INSERT INTO outcry.gaps (room, epoch, first_seq, last_seq, reason)
  SELECT g.room, g.epoch, g.first, g.last, g.reason
  FROM jsonb_to_recordset(archive_store.gaps) AS g (room text, epoch text, first bigint, last bigint, reason text)
  ON CONFLICT DO NOTHING;
  INSERT INTO outcry.archive_cursors (room, epoch, seq)
  SELECT c.room, c.epoch, c.seq
  FROM jsonb_to_recordset(archive_store.cursors) AS c (room text, epoch text, seq bigint)
  ON CONFLICT (room) DO UPDATE SET epoch = EXCLUDED.epoch, seq = EXCLUDED.seq;
  INSERT INTO outcry.numberings (room, epoch, next_epoch, last_seq)
  SELECT c.room, ended.key, c.epoch, ended.value::bigint
  FROM jsonb_to_recordset(archive_store.cursors) AS c (room text, epoch text, past jsonb), jsonb_each_text(c.past) AS ended
  ON CONFLICT DO NOTHING;
  RETURN stored;
END $$;

-- A page of a room's past, in an order of numbers that may be that of several epochs: forward behind after, or backward before it. It ends
-- in a row without a frame where there is more. Rows are fetched a few at a time, so that what is read is little more than what is answered,
-- and of one span after the other, so that months in which nothing of it can be are not looked into.
CREATE FUNCTION outcry.archive_page(
  room text, epoch text, after bigint, before bigint, max_messages integer, max_bytes integer
) RETURNS TABLE (number bigint, numbered_at bigint, frame bytea, info_bytes bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_forward boolean := archive_page.after IS NOT NULL;
  messages integer := 0;
  bytes bigint := 0;
  part record;
  page refcursor;
  message record;
BEGIN
  FOR part IN
    WITH RECURSIVE chain (epoch, last_seq) AS (
      SELECT archive_page.epoch, 9223372036854775806
      UNION
      SELECT n.epoch, least(n.last_seq, c.last_seq) FROM chain c
      JOIN outcry.numberings n ON n.room = archive_page.room AND n.next_epoch = c.epoch
    ), span (epoch, last_seq, first, following, month) AS (
      SELECT c.epoch, c.last_seq, s.first_seq, lead(s.first_seq) OVER (PARTITION BY c.epoch ORDER BY s.first_seq), s.month
      FROM chain c JOIN outcry.archive_spans s ON s.room = archive_page.room AND s.epoch = c.epoch
      UNION ALL
      SELECT c.epoch, c.last_seq, 1,
        (SELECT min(s.first_seq) FROM outcry.archive_spans s WHERE s.room = archive_page.room AND s.epoch = c.epoch), NULL
      FROM chain c
    ), bound AS (
      SELECT s.epoch, s.last_seq, coalesce(s.month, '-infinity') AS since,
        coalesce((s.month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC', 'infinity') AS until,
        greatest(s.first, archive_page.after + 1) AS low, least(s.following - 1, s.last_seq, archive_page.before - 1) AS high
      FROM span s
    )
    SELECT b.epoch, b.since, b.until, b.low, b.high FROM bound b WHERE b.low <= b.high
    ORDER BY CASE WHEN is_forward THEN b.last_seq ELSE -b.last_seq END, CASE WHEN is_forward THEN b.low ELSE -b.low END
  LOOP
    -- No more than a page has: so an index is read in its order, whatever the table is thought to have.
    IF is_forward THEN
      OPEN page NO SCROLL FOR SELECT m.seq, m.sent_at, m.frame, m.info_bytes FROM outcry.messages m
        WHERE m.room = archive_page.room AND m.epoch = part.epoch AND m.seq >= part.low AND m.seq <= part.high
          AND m.sent_at >= part.since AND m.sent_at < part.until
        ORDER BY m.seq LIMIT archive_page.max_messages + 1;
    ELSE
      OPEN page NO SCROLL FOR SELECT m.seq, m.sent_at, m.frame, m.info_bytes FROM outcry.messages m
        WHERE m.room = archive_page.room AND m.epoch = part.epoch AND m.seq >= part.low AND m.seq <= part.high
          AND m.sent_at >= part.since AND m.sent_at < part.until
        ORDER BY m.seq DESC LIMIT archive_page.max_messages + 1;
    END IF;
    LOOP
      FETCH page INTO message;
      EXIT WHEN NOT FOUND;
      number := message.seq;
      bytes := bytes + octet_length(message.frame) + coalesce(octet_length(message.info_bytes), 0);
      IF messages = archive_page.max_messages OR (messages > 0 AND bytes > archive_page.max_bytes) THEN
        frame := NULL;
        info_bytes := NULL;
        RETURN NEXT;
        CLOSE page;
        RETURN;
      END IF;
      messages := messages + 1;
      numbered_at := extract(epoch FROM message.sent_at) * 1000;
      frame := message.frame;
      info_bytes := message.info_bytes;
      RETURN NEXT;
    END LOOP;
    CLOSE page;
  END LOOP;
END $$;

REVOKE ALL ON outcry.archive_spans FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.archive_store, outcry.archive_page FROM PUBLIC;
DO $do$
DECLARE
  granted record;
BEGIN
  FOR granted IN SELECT g.name, g.role FROM archive_granted g LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.%I TO %s', granted.name, granted.role);
  END LOOP;
END $do$;
DROP TABLE archive_granted;
`;
