/**
 * A numbering that has ended is found ended again by whoever looks next, and a gap is noted once. Whoever writes asks which of its gaps
 * have no row yet, in the statement that writes them. Whoever may write may ask.
 */
export const NEW_GAPS = `
CREATE FUNCTION outcry.archive_new_gaps(gaps jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_agg(g.gap), '[]') FROM jsonb_array_elements(archive_new_gaps.gaps) AS g (gap)
  WHERE NOT EXISTS (
    SELECT FROM outcry.gaps known
    WHERE known.room = g.gap->>'room' AND known.epoch = g.gap->>'epoch' AND known.first_seq = (g.gap->>'first')::bigint
  );
$$;

REVOKE ALL ON FUNCTION outcry.archive_new_gaps FROM PUBLIC;
DO $do$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT a.grantee::regrole AS role FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
    WHERE p.pronamespace = 'outcry'::regnamespace AND p.proname = 'archive_store'
      AND a.privilege_type = 'EXECUTE' AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.archive_new_gaps TO %s', granted.role);
  END LOOP;
END $do$;
`;
