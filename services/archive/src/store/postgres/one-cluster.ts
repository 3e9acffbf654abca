/**
 * A database is the archive of one cluster: of which, it says itself. Who is there, which cluster is archived and under which fences are told
 * in one step, so that of two clusters that come at once one is the first.
 *
 * Whoever may attend by the function of former versions, which is left for them, may join.
 */
export const ONE_CLUSTER = `
CREATE TABLE outcry.archive_cluster (is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one), cluster text);
INSERT INTO outcry.archive_cluster DEFAULT VALUES;

-- How far the clock of Redis is ahead of this one, as the service saw it last; null where it could not see it.
ALTER TABLE outcry.archive_services ADD COLUMN clock_ahead interval;

-- A service is there for so long, whose Redis is called so (null: it is called nothing) and shows that time. Returns what it is to be called, all
-- services that are there, and the fence of each partition. There is no service where this one is refused: the Redis is another cluster's, or
-- is called nothing while others archive who have not lost what theirs is called.
CREATE FUNCTION outcry.archive_join(
  service text, for_ms integer, seen text, redis_at bigint, OUT cluster text, OUT services text[], OUT fences bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz;
  present text[];
BEGIN
  -- Held until the commit: one comes behind the other.
  SELECT c.cluster INTO cluster FROM outcry.archive_cluster c FOR UPDATE;
  at := clock_timestamp();
  present := ARRAY(SELECT s.service FROM outcry.archive_services s WHERE s.until > at);
  IF cluster IS NULL OR (archive_join.seen IS NULL AND cardinality(present) = 0) THEN
    -- Another name than before: if the Redis that bore that is still there, it is not the one that is archived.
    cluster := coalesce(archive_join.seen, gen_random_uuid()::text);
    UPDATE outcry.archive_cluster c SET cluster = archive_join.cluster;
  ELSIF archive_join.seen <> cluster OR (archive_join.seen IS NULL AND archive_join.service <> ALL (present)) THEN
    DELETE FROM outcry.archive_services s WHERE s.service = archive_join.service;
    RETURN;
  END IF;
  INSERT INTO outcry.archive_services AS s (service, until, clock_ahead)
  VALUES (archive_join.service, at + archive_join.for_ms * interval '1 ms', to_timestamp(archive_join.redis_at / 1000.0) - at)
  ON CONFLICT ON CONSTRAINT archive_services_pkey DO UPDATE SET until = EXCLUDED.until, clock_ahead = EXCLUDED.clock_ahead;
  DELETE FROM outcry.archive_services s WHERE s.until < at - interval '1 minute';
  services := ARRAY(SELECT s.service FROM outcry.archive_services s WHERE s.until > at);
  fences := ARRAY(SELECT p.fence FROM outcry.archive_partitions p ORDER BY p.partition);
END $$;

-- Forgets whose archive this is: it is that of the next service that comes. For the owner, where no service is there.
CREATE FUNCTION outcry.archive_unbind() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM outcry.archive_cluster c FOR UPDATE;
  IF EXISTS (SELECT FROM outcry.archive_services s WHERE s.until > clock_timestamp()) THEN
    RAISE EXCEPTION 'services archive into this database: stop them first' USING ERRCODE = 'object_in_use';
  END IF;
  UPDATE outcry.archive_cluster SET cluster = NULL;
END $$;

REVOKE ALL ON outcry.archive_cluster FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.archive_join, outcry.archive_unbind FROM PUBLIC;
DO $do$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT a.grantee::regrole AS role FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
    WHERE p.oid = 'outcry.archive_attend'::regproc AND a.privilege_type = 'EXECUTE' AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.archive_join TO %s', granted.role);
  END LOOP;
END $do$;
`;
