import type { Dashboard } from '../dashboard.ts';
import { chosen, quantile, rate, sum } from '../promql.ts';

const SECONDS_BAD = 0.1;

/** For whoever looks after Redis: what services see of it. */
export const REDIS: Dashboard = {
  name: 'redis',
  title: 'Redis path',
  description: 'Redis as services see it. What it says of itself is for an exporter of its own.',
  rows: [
    {
      title: 'Is it there',
      panels: [
        {
          title: 'Gateways that hear it',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_broker_up'), ['shard']), legend: '{{shard}}' }],
          red: { below: 1 },
          whenRed: 'see OutcryRedisAway; where some do, OutcryNodeDeaf.',
        },
        {
          title: 'Whether it can be written to',
          kind: 'stat',
          unit: 'short',
          shows: 'Gateways, by what they find.',
          queries: [{ expr: sum(chosen('outcry_gateway_broker_storage'), ['state']), legend: '{{state}}' }],
          whenRed: 'full or readOnly: OutcryStorageNotWritable.',
        },
        {
          title: 'It keeps everything',
          kind: 'stat',
          unit: 'bool_yes_no',
          queries: [
            {
              expr: `min(${chosen('outcry_gateway_broker_eviction_policy', 'policy="noeviction"')}) or vector(0)`,
              legend: 'noeviction',
            },
          ],
          red: { below: 1 },
          whenRed: 'Redis may forget what is stored: CONFIG SET maxmemory-policy noeviction.',
        },
        {
          title: 'Publishers that can use it',
          kind: 'stat',
          unit: 'percentunit',
          queries: [
            { expr: `avg(${chosen('outcry_feed_publisher_bus_up')})`, legend: 'books' },
            { expr: `avg(${chosen('outcry_feed_publisher_broker_writable')})`, legend: 'messages' },
          ],
          red: { below: 1 },
          whenRed: 'as for gateways. Publishers alone: their user, or the way to Redis.',
        },
      ],
    },
    {
      title: 'How fast is it',
      panels: [
        {
          title: 'A publish, there and back',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'outcry_gateway_publish_seconds'), legend: '50 %' },
            { expr: quantile(0.99, 'outcry_gateway_publish_seconds'), legend: '99 %' },
          ],
          red: { above: SECONDS_BAD },
          whenRed:
            'redis-cli --latency and SLOWLOG GET on its machine; is something else on its core? Its disk, with appendfsync always.',
        },
        {
          title: 'From Redis’s clock to the node’s',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'outcry_gateway_relay_lag_seconds', ['instance']), legend: '99 % {{instance}}' },
          ],
          red: { above: SECONDS_BAD },
          whenRed: 'one node: its clock, its event loop, its way to Redis. All: Redis, or its clock.',
        },
        {
          title: 'A frame of a book',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'outcry_feed_publisher_publish_seconds'), legend: '99 %' }],
          red: { above: SECONDS_BAD },
          whenRed: 'as for publishes.',
        },
        {
          title: 'What the past costs it',
          kind: 'curves',
          unit: 'Bps',
          queries: [
            {
              expr: sum(rate(chosen('outcry_gateway_history_read_bytes_total')), ['instance']),
              legend: '{{instance}}',
            },
          ],
          whenRed: 'many come back at once, or somebody reads far back again and again.',
        },
      ],
    },
    {
      title: 'Messages from your database',
      panels: [
        {
          title: 'The oldest that waits',
          kind: 'stat',
          unit: 's',
          queries: [{ expr: `max(${chosen('outcry_inbound_lag_seconds')})`, legend: 'age' }],
          red: { above: 60 },
          whenRed: 'see OutcryInboundBehind.',
        },
        {
          title: 'Partitions that are read',
          kind: 'stat',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_inbound_partitions')), legend: 'of 16' }],
          red: { below: 16 },
          whenRed: 'rows of the others wait: is a service gone? See OutcryInboundBehind.',
        },
        {
          title: 'Database and Redis',
          kind: 'stat',
          unit: 'bool_yes_no',
          queries: [
            { expr: `min(${chosen('outcry_inbound_source_up')})`, legend: 'database' },
            { expr: `min(${chosen('outcry_inbound_broker_up')})`, legend: 'Redis' },
          ],
          red: { below: 1 },
          whenRed: 'the log lines "source fault" and "redis fault" say why.',
        },
        {
          title: 'Rows',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_inbound_published_total'))), legend: 'published' },
            { expr: sum(rate(chosen('outcry_inbound_retried_total'))), legend: 'tried again' },
            { expr: sum(rate(chosen('outcry_inbound_duplicates_total'))), legend: 'known already' },
            { expr: `${sum(rate(chosen('outcry_inbound_refused_total')))} or vector(0)`, legend: 'refused for good' },
          ],
          whenRed:
            'tried again and again: Redis refuses or is away. Refused for good: the table outcry.refused says why.',
        },
        {
          title: 'Rows that wait',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: `max(${chosen('outcry_inbound_lag_rows')})`, legend: 'rows' }],
          red: { above: 10_000 },
          whenRed: 'more comes in than goes out: another inbound service takes half of the partitions.',
        },
        {
          title: 'A row, there and back',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'outcry_inbound_publish_seconds'), legend: '99 %' }],
          red: { above: SECONDS_BAD },
          whenRed: 'as for publishes.',
        },
      ],
    },
  ],
};
