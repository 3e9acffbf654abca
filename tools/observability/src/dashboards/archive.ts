import type { Dashboard } from '../dashboard.ts';
import { chosen, increase, quantile, rate, risen, sum } from '../promql.ts';

/** Partitions that archiving services share: each is some of the rooms. */
const PARTITIONS = 16;

/** For whoever keeps messages for good: is all of it archived, and can it be had. */
export const ARCHIVE: Dashboard = {
  name: 'archive',
  title: 'archive',
  description: 'Messages on their way into the archive, and out of it to whoever reads the past.',
  rows: [
    {
      title: 'What waits',
      panels: [
        {
          title: 'Partitions that are archived',
          kind: 'stat',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_archive_partitions')), legend: 'partitions' }],
          red: { below: PARTITIONS },
          whenRed: 'for longer than a lease: nobody archives some of the rooms. See OutcryArchiveBehind.',
        },
        {
          title: 'Services',
          kind: 'stat',
          unit: 'short',
          queries: [{ expr: `max(${chosen('outcry_archive_services')})`, legend: 'present' }],
          red: { below: 2 },
          whenRed: 'nobody stands by: start another one.',
        },
        {
          title: 'The database',
          kind: 'stat',
          unit: 'bool_yes_no',
          queries: [{ expr: `min(${chosen('outcry_archive_store_up')})`, legend: 'answers' }],
          red: { below: 1 },
          whenRed: 'the log line "database fault" says why. Nothing is lost while streams have room.',
        },
        {
          title: 'Holes',
          kind: 'stat',
          unit: 'short',
          shows: 'Messages that were gone before they were archived.',
          queries: [
            {
              expr: sum(risen(chosen('outcry_archive_gaps_total', 'reason="trimmed"'))),
              legend: 'rows of outcry.gaps',
              isInstant: true,
            },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryArchiveGaps.',
        },
        {
          title: 'Age of messages as they are written',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'outcry_archive_lag_seconds'), legend: 'half' },
            { expr: quantile(0.99, 'outcry_archive_lag_seconds'), legend: '99 %' },
          ],
          red: { above: 1 },
          whenRed: 'the database does not keep up: its disk, or another service to take half of the rooms.',
        },
        {
          title: 'Stored and not archived yet',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_archive_lag_messages'), ['instance']), legend: '{{instance}}' }],
          whenRed: 'it rises: more is said than is written, or nothing can be written.',
        },
        {
          title: 'A partition was not archived for',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: `max by (instance) (${chosen('outcry_archive_stalled_seconds')})`, legend: '{{instance}}' },
          ],
          red: { above: 60 },
          whenRed: '/readyz of that service names the partition, and its log says what refuses.',
        },
        {
          title: 'Said past what streams may keep',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(increase(chosen('outcry_gateway_unarchived_messages_total'))), legend: 'messages' }],
          red: { above: 1 },
          whenRed:
            'they are lost to the archive when they are trimmed: bring it back, or raise OUTCRY_ROOM_UNARCHIVED_BYTES.',
        },
      ],
    },
    {
      title: 'What is written',
      panels: [
        {
          title: 'Rows',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_archive_rows_total')), ['instance']), legend: '{{instance}} new' },
            { expr: sum(rate(chosen('outcry_archive_known_rows_total'))), legend: 'known already' },
            { expr: sum(rate(chosen('outcry_archive_expired_rows_total'))), legend: 'deleted by retention' },
          ],
          whenRed: 'many that are known: a service began anew, or a partition goes to and fro.',
        },
        {
          title: 'Stumbles',
          kind: 'curves',
          unit: 'short',
          queries: [
            { expr: sum(increase(chosen('outcry_archive_faults_total'))), legend: 'faults' },
            { expr: sum(increase(chosen('outcry_archive_takeovers_total'))), legend: 'partitions taken' },
          ],
          red: { above: 1 },
          whenRed:
            'the log lines "database fault" and "archiving interrupted" say why. Partitions alone: a service was lost, or one came.',
        },
      ],
    },
    {
      title: 'Who reads the past',
      panels: [
        {
          title: 'Pages that gateways read',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_archive_reads_total'))), legend: 'read' },
            { expr: sum(rate(chosen('outcry_gateway_archive_faults_total'))), legend: 'not to be had' },
          ],
          whenRed: 'not to be had: clients are told away. The log line "archive fault" says why.',
        },
        {
          title: 'What a page takes',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'outcry_gateway_archive_read_seconds'), legend: 'half' },
            { expr: quantile(0.99, 'outcry_gateway_archive_read_seconds'), legend: '99 %' },
          ],
          red: { above: 0.1 },
          whenRed: 'the database is busy: with searches, with what is written, or without memory for its indexes.',
        },
        {
          title: 'Bytes out of the archive',
          kind: 'curves',
          unit: 'Bps',
          queries: [{ expr: sum(rate(chosen('outcry_gateway_archive_read_bytes_total'))), legend: 'read' }],
          whenRed: 'many come back at once: rooms share pages, so it should be less than what they are sent.',
        },
      ],
    },
  ],
};
