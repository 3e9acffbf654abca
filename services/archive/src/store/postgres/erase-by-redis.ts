/**
 * What is erased is limited by the clock by which messages are numbered, that of Redis: a limit that is ahead of it would leave out what is
 * said later. Services say with each look at the others what time it is there.
 */
export const ERASE_BY_REDIS = `
-- Deletes what is archived of rooms, or of a sender, or of a sender in rooms, up to a time that has passed: up to now where that is null. What has
-- not been archived yet of it never will be. Returns how many there were.
CREATE OR REPLACE FUNCTION outcry.archive_erase(pattern text, sender text, before timestamptz, by_whom text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- By the clock of Redis; null where no service is there that could say.
  numbered_at timestamptz := (SELECT asked_at + max(s.clock_ahead) FROM outcry.archive_services s WHERE s.until > asked_at);
  now_there timestamptz := coalesce(numbered_at, asked_at);
  newest timestamptz;
  erased bigint;
  up_to timestamptz;
BEGIN
  IF archive_erase.pattern IS NULL AND archive_erase.sender IS NULL THEN
    RAISE EXCEPTION 'expected a pattern of rooms, or a sender, or both' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- So much clocks may differ of whoever says now().
  IF archive_erase.before > now_there + interval '1 minute' THEN
    RAISE EXCEPTION 'expected a time that has passed, and before is %: where messages are numbered it is %', archive_erase.before, now_there
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Whoever writes has written, and whoever writes next sees it.
  PERFORM FROM outcry.archive_partitions p ORDER BY p.partition FOR UPDATE;
  WITH gone AS (
    DELETE FROM outcry.messages m
    WHERE (archive_erase.pattern IS NULL OR m.room LIKE outcry.archive_like(archive_erase.pattern))
      AND (archive_erase.sender IS NULL OR m.sender = archive_erase.sender)
      AND m.sent_at < coalesce(archive_erase.before, numbered_at, 'infinity')
    RETURNING m.sent_at
  )
  SELECT count(*), max(gone.sent_at) INTO erased, newest FROM gone;
  IF archive_erase.before IS NOT NULL THEN
    up_to := least(archive_erase.before, now_there);
  ELSIF numbered_at IS NOT NULL THEN
    up_to := numbered_at;
  ELSE
    -- What there was has been said. Whether more has, nobody can tell now.
    up_to := coalesce(least(newest + interval '1 millisecond', asked_at), '-infinity');
    RAISE WARNING 'no service is there to say what time it is in Redis: what was said since the last that was archived, and is archived later, is kept';
  END IF;
  INSERT INTO outcry.erasures (by_whom, pattern, sender, before, messages)
  VALUES (archive_erase.by_whom, archive_erase.pattern, archive_erase.sender, up_to, erased);
  RETURN erased;
END $$;
`;
