import type { Joined, JoinRequest } from '../service-list.ts';

/** What a part of the schema `outcry` is called that belongs to one cluster. Letters and underscores, but for what is said in words. */
export interface OneClusterNames {
  /** Of what is made: `archive` makes `outcry.archive_join`. */
  readonly prefix: string;
  /** Tables that are there: who is there until when, and the fence of each partition. */
  readonly services: string;
  readonly partitions: string;
  /** The function of former versions by which services said that they are there. Whoever may call it may join. */
  readonly attend: string;
  readonly words: {
    /** Services … */
    readonly verb: string;
    /** The database is the … of a cluster, … */
    readonly role: string;
    /** … which is … */
    readonly done: string;
    /** Why it is not forgotten whose it is. */
    readonly inUse: string;
  };
}

/**
 * A step of migrations: a database is of one cluster, and says itself of which. Who is there, which cluster that is and under which fences are
 * told in one step, so that of two clusters that come at once one is the first.
 *
 * Part of steps that have been shipped, which are never changed: what is to be otherwise is another step.
 */
export function oneClusterStep(names: OneClusterNames): string {
  return tablesOf(names) + joinOf(names) + unbindOf(names) + rightsOf(names);
}

function tablesOf({ prefix, services }: OneClusterNames): string {
  return `
CREATE TABLE outcry.${prefix}_cluster (is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one), cluster text);
INSERT INTO outcry.${prefix}_cluster DEFAULT VALUES;

-- How far the clock of Redis is ahead of this one, as the service saw it last; null where it could not see it.
ALTER TABLE outcry.${services} ADD COLUMN clock_ahead interval;

`;
}

function joinOf({ prefix, services, partitions, words }: OneClusterNames): string {
  return `-- A service is there for so long, whose Redis is called so (null: it is called nothing) and shows that time. Returns what it is to be called, all
-- services that are there, and the fence of each partition. There is no service where this one is refused: the Redis is another cluster's, or
-- is called nothing while others ${words.verb} who have not lost what theirs is called.
CREATE FUNCTION outcry.${prefix}_join(
  service text, for_ms integer, seen text, redis_at bigint, OUT cluster text, OUT services text[], OUT fences bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz;
  present text[];
BEGIN
  -- Held until the commit: one comes behind the other.
  SELECT c.cluster INTO cluster FROM outcry.${prefix}_cluster c FOR UPDATE;
  at := clock_timestamp();
  present := ARRAY(SELECT s.service FROM outcry.${services} s WHERE s.until > at);
  IF cluster IS NULL OR (${prefix}_join.seen IS NULL AND cardinality(present) = 0) THEN
    -- Another name than before: if the Redis that bore that is still there, it is not the one that is ${words.done}.
    cluster := coalesce(${prefix}_join.seen, gen_random_uuid()::text);
    UPDATE outcry.${prefix}_cluster c SET cluster = ${prefix}_join.cluster;
  ELSIF ${prefix}_join.seen <> cluster OR (${prefix}_join.seen IS NULL AND ${prefix}_join.service <> ALL (present)) THEN
    DELETE FROM outcry.${services} s WHERE s.service = ${prefix}_join.service;
    RETURN;
  END IF;
  INSERT INTO outcry.${services} AS s (service, until, clock_ahead)
  VALUES (${prefix}_join.service, at + ${prefix}_join.for_ms * interval '1 ms', to_timestamp(${prefix}_join.redis_at / 1000.0) - at)
  ON CONFLICT ON CONSTRAINT ${services}_pkey DO UPDATE SET until = EXCLUDED.until, clock_ahead = EXCLUDED.clock_ahead;
  DELETE FROM outcry.${services} s WHERE s.until < at - interval '1 minute';
  services := ARRAY(SELECT s.service FROM outcry.${services} s WHERE s.until > at);
  fences := ARRAY(SELECT p.fence FROM outcry.${partitions} p ORDER BY p.partition);
END $$;

`;
}

function unbindOf({ prefix, services, words }: OneClusterNames): string {
  return `-- Forgets whose ${words.role} this is: it is that of the next service that comes. For the owner, where no service is there.
CREATE FUNCTION outcry.${prefix}_unbind() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM outcry.${prefix}_cluster c FOR UPDATE;
  IF EXISTS (SELECT FROM outcry.${services} s WHERE s.until > clock_timestamp()) THEN
    RAISE EXCEPTION '${words.inUse}' USING ERRCODE = 'object_in_use';
  END IF;
  UPDATE outcry.${prefix}_cluster SET cluster = NULL;
END $$;

`;
}

function rightsOf({ prefix, attend }: OneClusterNames): string {
  return `REVOKE ALL ON outcry.${prefix}_cluster FROM PUBLIC;
REVOKE ALL ON FUNCTION outcry.${prefix}_join, outcry.${prefix}_unbind FROM PUBLIC;
DO $do$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT a.grantee::regrole AS role FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
    WHERE p.oid = 'outcry.${attend}'::regproc AND a.privilege_type = 'EXECUTE' AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.${prefix}_join TO %s', granted.role);
  END LOOP;
END $do$;
`;
}

interface JoinedRow {
  readonly cluster: string;
  readonly services: readonly string[] | null;
  readonly fences: readonly string[] | null;
}

type Query = (text: string, values: readonly unknown[]) => Promise<readonly JoinedRow[]>;

/** Calls what the step of this prefix has made. */
export async function joinCluster(query: Query, prefix: string, request: JoinRequest): Promise<Joined> {
  const { service, forMs, seen, now } = request;
  // A name that Redis has for good is not one that a crash takes back, whatever else the connection writes.
  const text = `SELECT cluster, services, fences FROM set_config('synchronous_commit', 'on', true), outcry.${prefix}_join($1, $2, $3, $4)`;
  const [row] = await query(text, [service, forMs, seen, now]);
  const fences = (row?.fences ?? []).map((fence, partition) => [String(partition), Number(fence)] as const);
  return { cluster: row?.cluster ?? '', services: row?.services ?? [], fences: new Map(fences) };
}
