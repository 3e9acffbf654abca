import { FENCED_STATE, type Migrations, oneClusterStep } from '@outcry/worker';

/** Partitions of the outbox. Part of what is stored: another number takes a migration that moves the rows. */
export const OUTBOX_PARTITIONS = 16;
export const OUTBOX_CHANNEL = 'outcry_outbox';
/** Bytes of JSON that a row may have: four times the largest frame of a client that can be set. */
const MAX_DATA_BYTES = 4 * 1024 * 1024;
/** Rows that are counted as waiting. */
const MAX_LAG_ROWS = 100_000;

/**
 * What the database is made of, a step for each version; a step that has been shipped is never changed.
 *
 * Order (decisions/0085): a row gets its position when its transaction commits, by a deferred trigger that holds one lock until the
 * commit is visible. So positions are in the order of commits, and whoever sees one sees all that were committed before it.
 *
 * All functions are SECURITY DEFINER: a role needs the right to call them, and none to the tables.
 */
const STEPS: readonly string[] = [
  String.raw`
CREATE TABLE outcry.source (id uuid NOT NULL DEFAULT gen_random_uuid());
INSERT INTO outcry.source DEFAULT VALUES;

CREATE SEQUENCE outcry.positions AS bigint;

CREATE TABLE outcry.outbox (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  partition smallint NOT NULL GENERATED ALWAYS AS (hashtext(room) & ${String(OUTBOX_PARTITIONS - 1)}) STORED,
  position bigint,
  room text NOT NULL,
  data jsonb NOT NULL,
  bytes integer NOT NULL,
  key text,
  committed_at timestamptz
);
CREATE INDEX outbox_waiting ON outcry.outbox (partition, position);
CREATE INDEX outbox_oldest ON outcry.outbox (committed_at);

CREATE TABLE outcry.refused (
  id uuid PRIMARY KEY,
  room text NOT NULL,
  data jsonb NOT NULL,
  key text,
  reason text NOT NULL,
  detail text NOT NULL,
  committed_at timestamptz,
  refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE outcry.partitions (partition smallint PRIMARY KEY, fence bigint NOT NULL DEFAULT 0);
INSERT INTO outcry.partitions (partition) SELECT generate_series(0, ${String(OUTBOX_PARTITIONS - 1)});

CREATE UNLOGGED TABLE outcry.services (service text PRIMARY KEY, until timestamptz NOT NULL);

CREATE FUNCTION outcry.publish(room text, data jsonb, key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  row_id uuid;
  bytes integer := octet_length(publish.data::text);
BEGIN
  IF publish.room IS NULL OR octet_length(publish.room) NOT BETWEEN 1 AND 129 THEN
    RAISE EXCEPTION 'outcry.publish: expected a room of 1 to 129 bytes' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF publish.data IS NULL THEN
    RAISE EXCEPTION 'outcry.publish: expected data; JSON''s null is ''null''::jsonb' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF bytes > ${String(MAX_DATA_BYTES)} THEN
    RAISE EXCEPTION 'outcry.publish: expected data of at most ${String(MAX_DATA_BYTES)} bytes' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  IF publish.key !~ '^[\x21-\x7e]{1,64}$' THEN
    RAISE EXCEPTION 'outcry.publish: expected a key of 1 to 64 of printable ASCII without spaces' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO outcry.outbox (room, data, bytes, key) VALUES (publish.room, publish.data, bytes, publish.key)
  RETURNING id INTO row_id;
  RETURN row_id;
END $$;

CREATE FUNCTION outcry.number_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('outcry.outbox'), 0);
  UPDATE outcry.outbox SET position = nextval('outcry.positions'), committed_at = clock_timestamp() WHERE id = NEW.id;
  PERFORM pg_notify('${OUTBOX_CHANNEL}', NEW.partition::text);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_row AFTER INSERT ON outcry.outbox
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION outcry.number_row();

CREATE FUNCTION outcry.claim(partition smallint, fence bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE outcry.partitions p SET fence = claim.fence WHERE p.partition = claim.partition AND p.fence < claim.fence;
$$;

CREATE FUNCTION outcry.take(partition smallint, fence bigint, max_rows integer, max_bytes bigint)
RETURNS TABLE (id uuid, room text, data text, key text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM outcry.partitions p WHERE p.partition = take.partition AND p.fence > take.fence) THEN
    RAISE EXCEPTION 'another service reads partition %', take.partition USING ERRCODE = '${FENCED_STATE}';
  END IF;
  RETURN QUERY
  SELECT page.id, page.room, page.data::text, page.key
  FROM (
    SELECT first.*, sum(first.bytes) OVER (ORDER BY first.position) - first.bytes AS before
    FROM (
      SELECT * FROM outcry.outbox o
      WHERE o.partition = take.partition AND o.position IS NOT NULL
      ORDER BY o.position LIMIT take.max_rows
    ) first
  ) page
  WHERE page.before < take.max_bytes
  ORDER BY page.position;
END $$;

CREATE FUNCTION outcry.settle(published uuid[], refused jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM outcry.outbox o WHERE o.id = ANY (published);
  WITH gone AS (
    DELETE FROM outcry.outbox o
    USING jsonb_to_recordset(settle.refused) AS r(id uuid, reason text, detail text)
    WHERE o.id = r.id
    RETURNING o.id, o.room, o.data, o.key, r.reason, r.detail, o.committed_at
  )
  INSERT INTO outcry.refused (id, room, data, key, reason, detail, committed_at) SELECT * FROM gone;
$$;

CREATE FUNCTION outcry.attend(service text, for_ms integer) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO outcry.services AS s VALUES (attend.service, clock_timestamp() + attend.for_ms * interval '1 ms')
  ON CONFLICT (service) DO UPDATE SET until = EXCLUDED.until;
  DELETE FROM outcry.services s WHERE s.until < clock_timestamp() - interval '1 minute';
  SELECT s.service FROM outcry.services s WHERE s.until > clock_timestamp();
$$;

CREATE FUNCTION outcry.leave(service text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM outcry.services s WHERE s.service = leave.service;
$$;

CREATE FUNCTION outcry.lag() RETURNS TABLE (waiting bigint, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT
    (SELECT count(*) FROM (SELECT FROM outcry.outbox LIMIT ${String(MAX_LAG_ROWS)}) page),
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(committed_at)), 0)::double precision FROM outcry.outbox);
$$;

CREATE FUNCTION outcry.source_id() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT id FROM outcry.source';

REVOKE ALL ON ALL TABLES IN SCHEMA outcry FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA outcry FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA outcry FROM PUBLIC;
`,
  // Who may publish and read still may: `publish` is replaced, which keeps its rights, and those of `take` are given to what follows it.
  String.raw`
ALTER TABLE outcry.outbox ADD COLUMN traceparent text;

CREATE OR REPLACE FUNCTION outcry.publish(room text, data jsonb, key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  row_id uuid;
  bytes integer := octet_length(publish.data::text);
BEGIN
  IF publish.room IS NULL OR octet_length(publish.room) NOT BETWEEN 1 AND 129 THEN
    RAISE EXCEPTION 'outcry.publish: expected a room of 1 to 129 bytes' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF publish.data IS NULL THEN
    RAISE EXCEPTION 'outcry.publish: expected data; JSON''s null is ''null''::jsonb' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF bytes > ${String(MAX_DATA_BYTES)} THEN
    RAISE EXCEPTION 'outcry.publish: expected data of at most ${String(MAX_DATA_BYTES)} bytes' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  IF publish.key !~ '^[\x21-\x7e]{1,64}$' THEN
    RAISE EXCEPTION 'outcry.publish: expected a key of 1 to 64 of printable ASCII without spaces' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO outcry.outbox (room, data, bytes, key, traceparent)
  VALUES (publish.room, publish.data, bytes, publish.key, left(nullif(current_setting('outcry.traceparent', true), ''), 256))
  RETURNING id INTO row_id;
  RETURN row_id;
END $$;

CREATE FUNCTION outcry.take_page(partition smallint, fence bigint, max_rows integer, max_bytes bigint)
RETURNS TABLE (id uuid, room text, data text, key text, traceparent text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM outcry.partitions p WHERE p.partition = take_page.partition AND p.fence > take_page.fence) THEN
    RAISE EXCEPTION 'another service reads partition %', take_page.partition USING ERRCODE = '${FENCED_STATE}';
  END IF;
  RETURN QUERY
  SELECT page.id, page.room, page.data::text, page.key, page.traceparent
  FROM (
    SELECT first.*, sum(first.bytes) OVER (ORDER BY first.position) - first.bytes AS before
    FROM (
      SELECT * FROM outcry.outbox o
      WHERE o.partition = take_page.partition AND o.position IS NOT NULL
      ORDER BY o.position LIMIT take_page.max_rows
    ) first
  ) page
  WHERE page.before < take_page.max_bytes
  ORDER BY page.position;
END $$;

REVOKE ALL ON FUNCTION outcry.take_page FROM PUBLIC;
DO $$
DECLARE
  role text;
BEGIN
  FOR role IN
    SELECT r.grantee::regrole::text
    FROM pg_proc p, aclexplode(p.proacl) r
    WHERE p.oid = 'outcry.take(smallint, bigint, integer, bigint)'::regprocedure AND r.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.take_page TO %s', role);
  END LOOP;
END $$;
`,
  `
-- How far each partition is closed: leases are taken above that.
CREATE FUNCTION outcry.fences() RETURNS TABLE (partition smallint, fence bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT partition, fence FROM outcry.partitions';

REVOKE ALL ON FUNCTION outcry.fences FROM PUBLIC;
DO $$
DECLARE
  role text;
BEGIN
  FOR role IN
    SELECT r.grantee::regrole::text
    FROM pg_proc p, aclexplode(p.proacl) r
    WHERE p.oid = 'outcry.claim(smallint, bigint)'::regprocedure AND r.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.fences TO %s', role);
  END LOOP;
END $$;
`,
  // Of what is called so in the steps before it, without a prefix.
  oneClusterStep({
    prefix: 'outbox',
    services: 'services',
    partitions: 'partitions',
    attend: 'attend',
    words: {
      verb: 'publish',
      role: 'outbox',
      done: 'published to',
      inUse: 'services read this outbox: stop them first',
    },
  }),
];

export const MIGRATIONS: Migrations = {
  table: 'migrations',
  version: 'version',
  steps: STEPS,
  setting: 'OUTCRY_POSTGRES_MIGRATE',
};
