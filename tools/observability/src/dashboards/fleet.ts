import type { Dashboard } from '../dashboard.ts';
import { chosen, encoded, highest, increase, movedBy, quantile, rate, sum } from '../promql.ts';

const LIMIT = { LAG: 0.35, PUBLISH: 0.25 };

/** For whoever is on call: is it us, and which of us. */
export const FLEET: Dashboard = {
  name: 'fleet',
  title: 'fleet',
  description: 'The first one to open: what is wrong, and where. docs/OPERATIONS.md has a runbook for each alert.',
  rows: [
    {
      title: 'Is anything wrong',
      panels: [
        {
          title: 'Alerts that fire',
          kind: 'stat',
          unit: 'short',
          queries: [
            { expr: 'count(ALERTS{alertname=~"Outcry.+", alertstate="firing"}) or vector(0)', legend: 'alerts' },
          ],
          red: { above: 1 },
          whenRed: 'open Alerting, and the runbook of the alert.',
        },
        {
          title: 'Processes that answer',
          kind: 'stat',
          weight: 3,
          unit: 'short',
          queries: [{ expr: sum(chosen('up'), ['job']), legend: '{{job}}' }],
          red: { below: 1 },
          whenRed: 'no process of that kind answers. See OutcryDown.',
        },
        {
          title: 'Nodes that hear Redis',
          kind: 'stat',
          unit: 'percentunit',
          queries: [{ expr: `avg by (shard) (${chosen('outcry_gateway_broker_up')})`, legend: '{{shard}}' }],
          red: { below: 1 },
          whenRed: 'none does: OutcryRedisAway. Some do not: OutcryNodeDeaf.',
        },
        {
          title: 'Redis takes messages',
          kind: 'stat',
          unit: 'bool_yes_no',
          queries: [{ expr: `min(${chosen('outcry_gateway_broker_writable')})`, legend: 'writable' }],
          red: { below: 1 },
          whenRed: 'it is full or read-only. See OutcryStorageNotWritable.',
        },
        {
          title: 'Books that are live',
          kind: 'stat',
          unit: 'percentunit',
          queries: [
            { expr: `avg(max by (symbol) (${chosen('outcry_feed_publisher_live')}))`, legend: 'of all symbols' },
          ],
          red: { below: 1 },
          whenRed: 'the dashboard "feed" has which. See OutcryBookStale.',
        },
        {
          title: 'Draining',
          kind: 'stat',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_draining')), legend: 'gateways' }],
          whenRed: 'a deployment, or a node that is taken away. See OutcryDrainStuck where it lasts.',
        },
      ],
    },
    {
      title: 'Load',
      panels: [
        {
          title: 'Connections',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(encoded('outcry_gateway_connections'), ['instance']), legend: '{{instance}}' }],
          whenRed:
            'one far above the others: OutcryUnbalanced. All fall at once: the balancer, or the network before it.',
        },
        {
          title: 'Frames from clients',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(encoded('outcry_gateway_messages_in_total')), ['instance']), legend: '{{instance}}' },
          ],
          whenRed:
            'one node alone: a client that floods; look at "Dropped because it came too fast" on the dashboard "gateway".',
        },
        {
          title: 'Frames to clients',
          kind: 'curves',
          unit: 'ops',
          shows: 'Each recipient counted.',
          queries: [
            { expr: sum(rate(encoded('outcry_gateway_messages_out_total')), ['instance']), legend: '{{instance}}' },
          ],
          whenRed: 'much more than comes in: rooms or books with many members. Compare with the dashboard "rooms".',
        },
        {
          title: 'Event loop',
          kind: 'curves',
          unit: 's',
          shows: 'The mean time between two looks, of which 0.1 s are meant; the ten highest.',
          queries: [{ expr: highest(chosen('nodejs_eventloop_lag_mean_seconds')), legend: '{{job}} {{instance}}' }],
          red: { above: LIMIT.LAG },
          whenRed: 'that process is asked for more than it can do. See OutcryOverloaded.',
        },
        {
          title: 'Processor',
          kind: 'curves',
          unit: 'percentunit',
          shows: 'Of one core; a process uses one, and some more for its garbage. The ten highest.',
          queries: [{ expr: highest(rate(chosen('process_cpu_seconds_total'))), legend: '{{job}} {{instance}}' }],
          red: { above: 0.9 },
          whenRed: 'add gateways, or OUTCRY_PROCESSES, before OutcryOverloaded comes.',
        },
        {
          title: 'Memory',
          kind: 'curves',
          unit: 'bytes',
          shows: 'The ten highest.',
          queries: [{ expr: highest(chosen('process_resident_memory_bytes')), legend: '{{job}} {{instance}}' }],
          whenRed: 'it rises without connections: OutcryMemory.',
        },
      ],
    },
    {
      title: 'What clients notice',
      panels: [
        {
          title: 'A publisher waits for its ack, 99 %',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'outcry_gateway_publish_seconds', ['instance']), legend: '{{instance}}' }],
          red: { above: LIMIT.PUBLISH },
          whenRed: 'one node: its event loop. All: Redis; the dashboard "redis".',
        },
        {
          title: 'Errors that were sent',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('code', { counter: chosen('outcry_gateway_errors_total'), of: rate }),
              legend: '{{code}}',
            },
          ],
          whenRed:
            'unavailable: Redis. rateLimited: a client that floods. internal: a bug, with the log line "request failed".',
        },
        {
          title: 'Connections that ended',
          kind: 'curves',
          unit: 'short',
          queries: [
            {
              expr: movedBy('code', { counter: chosen('outcry_gateway_closes_total'), of: increase }),
              legend: '{{code}}',
            },
          ],
          whenRed: 'docs/OPERATIONS.md, "Close codes, and what to do".',
        },
      ],
    },
  ],
};
