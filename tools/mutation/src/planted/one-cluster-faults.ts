import type { Fault } from './fault.ts';

const SQL = 'packages/worker/src/postgres/one-cluster.ts';
const LUA = 'services/inbound/src/stream/redis/scripts.ts';
const ATTENDANCE = 'packages/worker/src/partitions/attendance.ts';
const shared = (name: string) => ({ file: 'services/inbound/tests/integration/one-cluster.test.ts', name });
const attends = (name: string) => ({ file: 'packages/worker/src/partitions/attendance.test.ts', name });

const FIRST = 'is of the cluster that was first; another one is told, also where nothing was stored there before';
const MOVES = 'goes with its services to a new Redis, and to the former one when it is unbound';
const FLUSHED = 'goes on where Redis has lost everything, under the name that it has';

/** In that an archive, an outbox and a stream are of one cluster: each would divide it between two, or keep it from its own. */
export const ONE_CLUSTER_FAULTS: readonly Fault[] = [
  {
    name: 'cluster-any-name',
    felt: 'two clusters with one database divide it between them, and everything is green',
    file: SQL,
    from: '${prefix}_join.seen <> cluster OR (',
    to: '(',
    test: shared(`an outbox > ${FIRST}`),
  },
  {
    name: 'cluster-without-a-name',
    felt: 'the same, where the second one has a Redis that is new',
    file: SQL,
    from: ' OR (${prefix}_join.seen IS NULL AND ${prefix}_join.service <> ALL (present))',
    to: '',
    test: shared(`an outbox > ${FIRST}`),
  },
  {
    name: 'cluster-keeps-its-name',
    felt: 'a Redis that was left, and comes back, shares the database with the one that it was left for',
    file: SQL,
    from: 'cluster := coalesce(${prefix}_join.seen, gen_random_uuid()::text);',
    to: 'cluster := coalesce(${prefix}_join.seen, cluster, gen_random_uuid()::text);',
    test: shared(`an outbox > ${MOVES}`),
  },
  {
    name: 'cluster-unbound-in-use',
    felt: 'an owner takes the database from services that read it, which then refuse each other',
    file: SQL,
    from: 'IF EXISTS (SELECT FROM outcry.${services} s WHERE s.until > clock_timestamp()) THEN',
    to: 'IF false THEN',
    test: shared(`an outbox > ${MOVES}`),
  },
  {
    name: 'cluster-rights-forgotten',
    felt: 'behind an update no service may start whose role is not the owner',
    file: SQL,
    from: "    EXECUTE format('GRANT EXECUTE ON FUNCTION outcry.${prefix}_join TO %s', granted.role);",
    to: '    NULL;',
    test: shared('is read beside services of the former version, by roles that might do that before, and no others'),
  },
  {
    name: 'cluster-stream-any-name',
    felt: 'two clusters with one stream share it by who comes first, and everything is green',
    file: LUA,
    from: "elseif (seen ~= '' and seen ~= cluster) or (",
    to: 'elseif (',
    test: shared(`a stream > ${FIRST}`),
  },
  {
    name: 'cluster-stream-lost-by-all',
    felt: 'no service reads a stream any more once Redis was flushed',
    file: LUA,
    from: "(seen == '' and not was_present)",
    to: "(seen == '')",
    test: shared(`a stream > ${FLUSHED}`),
  },
  {
    name: 'cluster-not-said-again',
    felt: 'after Redis was flushed each service that starts is refused, until all have stopped',
    file: ATTENDANCE,
    from: '    if (seen === undefined) await this.#introduce(cluster);\n',
    to: '',
    test: attends('writes into Redis what that has lost, again where it could not'),
  },
  {
    name: 'cluster-unasked',
    felt: 'nobody archives or publishes while one Redis of several is away',
    file: ATTENDANCE,
    from: 'return this.#cluster === undefined ? undefined : { cluster: this.#cluster };',
    to: 'return undefined;',
    test: attends('goes by what Redis has said last while that is away, and cannot tell who is there before that'),
  },
];
