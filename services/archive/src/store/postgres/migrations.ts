import { ARCHIVE_PARTITIONS } from '@outcry/broker';
import { FENCED_STATE, type Migrations } from '@outcry/worker';

import { ERASE_BY_REDIS } from './erase-by-redis.ts';
import { INFO_AND_MONTHS } from './info-and-months.ts';
import { NEW_GAPS } from './new-gaps.ts';
import { ONE_CLUSTER } from './one-cluster.ts';
import { SEARCH_STEP } from './search-step.ts';

/**
 * What the database is made of, a step for each version; a step that has been shipped is never changed, and none removes anything.
 *
 * A message has one time for ever, that at which it was numbered: so it has one place, and (room, epoch, seq) is unique though the key
 * of a partitioned table has to have the time in it. Months are those of UTC, each a table of its own that is made when it begins.
 *
 * All functions are SECURITY DEFINER: the service needs the right to call them, and none to the tables.
 */
const STEPS: readonly string[] = [
  `
CREATE TABLE outcry.messages (
  room text NOT NULL,
  epoch text NOT NULL,
  seq bigint NOT NULL,
  sent_at timestamptz NOT NULL,
  sender text NOT NULL,
  payload jsonb,
  info jsonb,
  frame bytea NOT NULL,
  PRIMARY KEY (room, epoch, seq, sent_at)
) PARTITION BY RANGE (sent_at);
CREATE INDEX messages_by_time ON outcry.messages (room, sent_at);

CREATE TABLE outcry.gaps (
  room text NOT NULL,
  epoch text NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint,
  reason text NOT NULL,
  noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (room, epoch, first_seq)
);

CREATE TABLE outcry.archive_cursors (room text PRIMARY KEY, epoch text NOT NULL, seq bigint NOT NULL);

CREATE TABLE outcry.archive_partitions (partition smallint PRIMARY KEY, fence bigint NOT NULL DEFAULT 0);
INSERT INTO outcry.archive_partitions (partition) SELECT generate_series(0, ${String(ARCHIVE_PARTITIONS - 1)});

CREATE UNLOGGED TABLE outcry.archive_services (service text PRIMARY KEY, until timestamptz NOT NULL);

CREATE FUNCTION outcry.archive_month(at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first_day timestamptz := date_trunc('month', archive_month.at);
  name text := to_char(first_day, '"messages_"YYYY_MM');
BEGIN
  IF to_regclass('outcry.' || name) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('outcry.archive_month'), 0);
  IF to_regclass('outcry.' || name) IS NOT NULL THEN RETURN; END IF;
  -- Made by itself and attached: that waits for nobody who reads or writes the other months.
  EXECUTE format('CREATE TABLE outcry.%I (LIKE outcry.messages INCLUDING DEFAULTS)', name);
  EXECUTE format('ALTER TABLE outcry.messages ATTACH PARTITION outcry.%I FOR VALUES FROM (%L) TO (%L)',
    name, first_day, first_day + interval '1 month');
END $$;

CREATE FUNCTION outcry.archive_claim(partition smallint, fence bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE outcry.archive_partitions p SET fence = archive_claim.fence
  WHERE p.partition = archive_claim.partition AND p.fence < archive_claim.fence;
$$;

CREATE FUNCTION outcry.archive_cursors_of(rooms text[]) RETURNS TABLE (room text, epoch text, seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.room, c.epoch, c.seq FROM outcry.archive_cursors c WHERE c.room = ANY (archive_cursors_of.rooms);
$$;

CREATE FUNCTION outcry.archive_store(
  partition smallint, fence bigint,
  rooms text[], epochs text[], seqs bigint[], times bigint[], senders text[], payloads text[], frames bytea[],
  gaps jsonb, cursors jsonb
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
  INSERT INTO outcry.messages (room, epoch, seq, sent_at, sender, payload, frame)
  SELECT m.room, m.epoch, m.seq, to_timestamp(m.at / 1000.0), m.sender, m.payload::jsonb, m.frame
  FROM unnest(archive_store.rooms, archive_store.epochs, archive_store.seqs, archive_store.times, archive_store.senders,
    archive_store.payloads, archive_store.frames) AS m (room, epoch, seq, at, sender, payload, frame)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS stored = ROW_COUNT;
  INSERT INTO outcry.gaps (room, epoch, first_seq, last_seq, reason)
  SELECT g.room, g.epoch, g.first, g.last, g.reason
  FROM jsonb_to_recordset(archive_store.gaps) AS g (room text, epoch text, first bigint, last bigint, reason text)
  ON CONFLICT DO NOTHING;
  INSERT INTO outcry.archive_cursors (room, epoch, seq)
  SELECT c.room, c.epoch, c.seq
  FROM jsonb_to_recordset(archive_store.cursors) AS c (room text, epoch text, seq bigint)
  ON CONFLICT (room) DO UPDATE SET epoch = EXCLUDED.epoch, seq = EXCLUDED.seq;
  RETURN stored;
END $$;

CREATE FUNCTION outcry.archive_attend(service text, for_ms integer) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO outcry.archive_services AS s VALUES (archive_attend.service, clock_timestamp() + archive_attend.for_ms * interval '1 ms')
  ON CONFLICT (service) DO UPDATE SET until = EXCLUDED.until;
  DELETE FROM outcry.archive_services s WHERE s.until < clock_timestamp() - interval '1 minute';
  SELECT s.service FROM outcry.archive_services s WHERE s.until > clock_timestamp();
$$;

CREATE FUNCTION outcry.archive_leave(service text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM outcry.archive_services s WHERE s.service = archive_leave.service;
$$;

REVOKE ALL ON outcry.messages, outcry.gaps, outcry.archive_cursors, outcry.archive_partitions, outcry.archive_services FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.archive_month, outcry.archive_claim, outcry.archive_cursors_of, outcry.archive_store,
  outcry.archive_attend, outcry.archive_leave FROM PUBLIC;
`,
  `
CREATE TABLE outcry.numberings (
  room text NOT NULL,
  epoch text NOT NULL,
  next_epoch text NOT NULL,
  last_seq bigint NOT NULL,
  PRIMARY KEY (room, epoch)
);
CREATE INDEX numberings_by_next ON outcry.numberings (room, next_epoch);

CREATE OR REPLACE FUNCTION outcry.archive_store(
  partition smallint, fence bigint,
  rooms text[], epochs text[], seqs bigint[], times bigint[], senders text[], payloads text[], frames bytea[],
  gaps jsonb, cursors jsonb
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
  INSERT INTO outcry.messages (room, epoch, seq, sent_at, sender, payload, frame)
  SELECT m.room, m.epoch, m.seq, to_timestamp(m.at / 1000.0), m.sender, m.payload::jsonb, m.frame
  FROM unnest(archive_store.rooms, archive_store.epochs, archive_store.seqs, archive_store.times, archive_store.senders,
    archive_store.payloads, archive_store.frames) AS m (room, epoch, seq, at, sender, payload, frame)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS stored = ROW_COUNT;
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
-- in a row without a frame where there is more. Rows are fetched a few at a time, so that what is read is little more than what is answered.
CREATE FUNCTION outcry.archive_page(
  room text, epoch text, after bigint, before bigint, max_messages integer, max_bytes integer
) RETURNS TABLE (number bigint, numbered_at bigint, frame bytea)
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
    )
    SELECT c.epoch, c.last_seq FROM chain c ORDER BY CASE WHEN is_forward THEN c.last_seq ELSE -c.last_seq END
  LOOP
    IF is_forward THEN
      OPEN page NO SCROLL FOR SELECT m.seq, m.sent_at, m.frame FROM outcry.messages m
        WHERE m.room = archive_page.room AND m.epoch = part.epoch AND m.seq > archive_page.after AND m.seq <= part.last_seq ORDER BY m.seq;
    ELSE
      OPEN page NO SCROLL FOR SELECT m.seq, m.sent_at, m.frame FROM outcry.messages m
        WHERE m.room = archive_page.room AND m.epoch = part.epoch AND m.seq < archive_page.before AND m.seq <= part.last_seq ORDER BY m.seq DESC;
    END IF;
    LOOP
      FETCH page INTO message;
      EXIT WHEN NOT FOUND;
      number := message.seq;
      bytes := bytes + octet_length(message.frame);
      IF messages = archive_page.max_messages OR (messages > 0 AND bytes > archive_page.max_bytes) THEN
        frame := NULL;
        RETURN NEXT;
        CLOSE page;
        RETURN;
      END IF;
      messages := messages + 1;
      numbered_at := extract(epoch FROM message.sent_at) * 1000;
      frame := message.frame;
      RETURN NEXT;
    END LOOP;
    CLOSE page;
  END LOOP;
END $$;

REVOKE ALL ON outcry.numberings FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.archive_page FROM PUBLIC;
`,
  `
CREATE TABLE outcry.erasures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by_whom text NOT NULL,
  pattern text,
  sender text,
  before timestamptz NOT NULL,
  messages bigint NOT NULL
);
CREATE TABLE outcry.retention (pattern text PRIMARY KEY, keep interval CHECK (keep > interval '0'));

-- A pattern of rooms, in which * stands for any characters, as LIKE has it.
CREATE FUNCTION outcry.archive_like(pattern text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  SELECT replace(regexp_replace(archive_like.pattern, '([\\\\%_])', '\\\\\\1', 'g'), '*', '%');
$$;

CREATE OR REPLACE FUNCTION outcry.archive_store(
  partition smallint, fence bigint,
  rooms text[], epochs text[], seqs bigint[], times bigint[], senders text[], payloads text[], frames bytea[],
  gaps jsonb, cursors jsonb
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
  INSERT INTO outcry.messages (room, epoch, seq, sent_at, sender, payload, frame)
  SELECT m.room, m.epoch, m.seq, to_timestamp(m.at / 1000.0), m.sender, m.payload::jsonb, m.frame
  FROM unnest(archive_store.rooms, archive_store.epochs, archive_store.seqs, archive_store.times, archive_store.senders,
    archive_store.payloads, archive_store.frames) AS m (room, epoch, seq, at, sender, payload, frame)
  WHERE NOT EXISTS (
    SELECT FROM outcry.erasures e
    WHERE (e.pattern IS NULL OR m.room LIKE outcry.archive_like(e.pattern)) AND (e.sender IS NULL OR m.sender = e.sender)
    AND to_timestamp(m.at / 1000.0) < e.before
  )
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS stored = ROW_COUNT;
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

-- Deletes what is archived of rooms, or of a sender, or of a sender in rooms, up to a time: up to now where that is null. What has not been
-- archived yet of it never will be. Returns how many there were.
CREATE FUNCTION outcry.archive_erase(pattern text, sender text, before timestamptz, by_whom text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  up_to timestamptz := coalesce(archive_erase.before, clock_timestamp());
  erased bigint;
BEGIN
  IF archive_erase.pattern IS NULL AND archive_erase.sender IS NULL THEN
    RAISE EXCEPTION 'expected a pattern of rooms, or a sender, or both' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Whoever writes has written, and whoever writes next sees it.
  PERFORM FROM outcry.archive_partitions p ORDER BY p.partition FOR UPDATE;
  DELETE FROM outcry.messages m
  WHERE (archive_erase.pattern IS NULL OR m.room LIKE outcry.archive_like(archive_erase.pattern))
    AND (archive_erase.sender IS NULL OR m.sender = archive_erase.sender) AND m.sent_at < up_to;
  GET DIAGNOSTICS erased = ROW_COUNT;
  INSERT INTO outcry.erasures (by_whom, pattern, sender, before, messages)
  VALUES (archive_erase.by_whom, archive_erase.pattern, archive_erase.sender, up_to, erased);
  RETURN erased;
END $$;

-- Deletes what is older than its room keeps, of so many rooms behind one; the longest pattern of outcry.retention decides, and one that keeps
-- null keeps for ever. Returns the last of those rooms, or null where there are no more, and how many messages there were.
CREATE FUNCTION outcry.archive_expire(behind text, max_rooms integer, OUT last_room text, OUT expired bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  part record;
  deleted bigint;
BEGIN
  expired := 0;
  FOR part IN
    SELECT c.room, (
      SELECT r.keep FROM outcry.retention r WHERE c.room LIKE outcry.archive_like(r.pattern) ORDER BY length(r.pattern) DESC, r.pattern LIMIT 1
    ) AS keep
    FROM outcry.archive_cursors c WHERE c.room > archive_expire.behind ORDER BY c.room LIMIT archive_expire.max_rooms
  LOOP
    last_room := part.room;
    CONTINUE WHEN part.keep IS NULL;
    DELETE FROM outcry.messages m WHERE m.room = part.room AND m.sent_at < clock_timestamp() - part.keep;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    expired := expired + deleted;
  END LOOP;
END $$;

REVOKE ALL ON outcry.erasures, outcry.retention FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.archive_like, outcry.archive_erase, outcry.archive_expire FROM PUBLIC;
`,
  INFO_AND_MONTHS,
  SEARCH_STEP,
  NEW_GAPS,
  ONE_CLUSTER,
  ERASE_BY_REDIS,
];

export const MIGRATIONS: Migrations = {
  table: 'archive_migrations',
  version: 'archive_version',
  steps: STEPS,
  setting: 'OUTCRY_ARCHIVE_MIGRATE',
};
