import type { Dashboard } from '../dashboard.ts';
import { chosen, increase, movedBy, quantile, rate, sum } from '../promql.ts';

/** For whoever trades on books: is each of them live, and how fast. */
export const FEED: Dashboard = {
  name: 'feed',
  title: 'feed',
  description: 'Books from their venues to their watchers.',
  rows: [
    {
      title: 'Who publishes what',
      panels: [
        {
          title: 'Publishers',
          kind: 'stat',
          unit: 'short',
          queries: [{ expr: `max(${chosen('outcry_feed_publisher_publishers')})`, legend: 'present' }],
          red: { below: 2 },
          whenRed: 'nobody stands by: start another one.',
        },
        {
          title: 'Books that nobody leads',
          kind: 'stat',
          unit: 'short',
          queries: [
            {
              expr: `count(${sum(chosen('outcry_feed_publisher_leader'), ['symbol'])} == 0) or vector(0)`,
              legend: 'books',
            },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryBookStale.',
        },
        {
          title: 'Books that do not move',
          kind: 'stat',
          unit: 'short',
          queries: [
            {
              expr: `count(max by (symbol) (${chosen('outcry_feed_publisher_live')}) == 0) or vector(0)`,
              legend: 'books',
            },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryBookStale.',
        },
        {
          title: 'Leaders by symbol',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_feed_publisher_leader'), ['symbol']), legend: '{{symbol}}' }],
          red: { below: 1 },
          whenRed:
            '0 for longer than a lease: OutcryBookStale. 2 for a moment: one that was frozen and does not know yet.',
        },
        {
          title: 'Posted books that are refused',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('outcome', {
                counter: chosen('outcry_feed_publisher_post_requests_total', 'outcome!="accepted"'),
                of: rate,
              }),
              legend: '{{outcome}}',
            },
          ],
          red: { above: 1 },
          whenRed: 'docs/SOURCES.md says of each what the engine has to do. unauthorized: its key was replaced.',
        },
        {
          title: 'Changes of leaders',
          kind: 'curves',
          unit: 'short',
          queries: [
            { expr: sum(increase(chosen('outcry_feed_publisher_takeovers_total'))), legend: 'takeovers' },
            {
              expr: sum(increase(chosen('outcry_feed_publisher_fenced_frames_total'))),
              legend: 'frames of an old leader, refused',
            },
          ],
          whenRed: 'without a deployment: a publisher was lost, or stands still for longer than its lease.',
        },
      ],
    },
    {
      title: 'Venues',
      panels: [
        {
          title: 'Events of venues',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: `max by (symbol) (${rate(chosen('outcry_feed_publisher_events_total'))})`, legend: '{{symbol}}' },
          ],
          whenRed: '0 while the market is open: the venue, or the way to it.',
        },
        {
          title: 'Stumbles',
          kind: 'curves',
          unit: 'short',
          queries: [
            {
              expr: movedBy('symbol', { counter: chosen('outcry_feed_publisher_interruptions_total'), of: increase }),
              legend: '{{symbol}} interrupted',
            },
            {
              expr: movedBy('symbol', { counter: chosen('outcry_feed_publisher_epoch_restarts_total'), of: increase }),
              legend: '{{symbol}} begun anew',
            },
            {
              expr: movedBy('symbol', { counter: chosen('outcry_feed_publisher_source_errors_total'), of: increase }),
              legend: '{{symbol}} failed',
            },
          ],
          red: { above: 1 },
          whenRed: 'the log lines "feed interrupted" and "feed failed" say why. Of all symbols at once: Redis.',
        },
      ],
    },
    {
      title: 'To the watchers',
      panels: [
        {
          title: 'Frames into Redis',
          kind: 'curves',
          unit: 'ops',
          queries: [{ expr: sum(rate(chosen('outcry_feed_publisher_frames_total')), ['kind']), legend: '{{kind}}' }],
          whenRed: 'only pulses: venues say nothing.',
        },
        {
          title: 'A frame waits for Redis, 99 %',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'outcry_feed_publisher_publish_seconds', ['kind']), legend: '{{kind}}' }],
          red: { above: 0.1 },
          whenRed: 'books are late by so much: the dashboard "redis".',
        },
        {
          title: 'Books on gateways',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_books'), ['instance']), legend: '{{instance}}' }],
          whenRed: 'fewer than watched: a node does not hear Redis.',
        },
        {
          title: 'Frames for watchers',
          kind: 'curves',
          unit: 'ops',
          shows: 'Each watcher counted.',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_book_frames_relayed_total'))), legend: 'made' },
            { expr: sum(rate(chosen('outcry_gateway_book_frames_delivered_total'))), legend: 'delivered' },
            { expr: sum(rate(chosen('outcry_gateway_book_frames_conflated_total'))), legend: 'conflated' },
            { expr: sum(rate(chosen('outcry_gateway_book_frames_evicted_total'))), legend: 'of who left while behind' },
          ],
          whenRed: 'much is conflated: OutcrySlowClients.',
        },
        {
          title: 'Snapshots that brought watchers up to date',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_book_catch_ups_total'))), legend: 'slow watchers' },
            { expr: sum(rate(chosen('outcry_gateway_book_resyncs_total'))), legend: 'replicas read anew' },
          ],
          whenRed: 'replicas: the feed or Redis stumbles.',
        },
      ],
    },
  ],
};
