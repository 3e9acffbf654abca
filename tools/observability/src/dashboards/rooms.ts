import type { Dashboard } from '../dashboard.ts';
import { chosen, encoded, quantile, rate, risen, sum } from '../promql.ts';

/** For whoever builds on rooms: does what is said arrive, and who is too slow for it. */
export const ROOMS: Dashboard = {
  name: 'rooms',
  title: 'rooms and slow clients',
  description: 'What is said in rooms, who gets it late, and what is kept.',
  rows: [
    {
      title: 'Messages',
      panels: [
        {
          title: 'Rooms on nodes',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_rooms'), ['instance']), legend: '{{instance}}' }],
          whenRed: 'far more than users: somebody makes rooms and leaves them; OUTCRY_MAX_NEW_ROOMS_PER_USER.',
        },
        {
          title: 'Messages that nodes relay',
          kind: 'curves',
          unit: 'ops',
          shows: 'Once per node.',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_messages_relayed_total'))), legend: 'relayed' },
            { expr: sum(rate(chosen('outcry_gateway_messages_transcoded_total'))), legend: 'turned into JSON' },
          ],
          whenRed: 'it falls while publishes go on: nodes do not hear Redis.',
        },
        {
          title: 'Recipients of a message',
          kind: 'curves',
          unit: 'short',
          queries: [
            {
              expr: `${sum(rate(encoded('outcry_gateway_messages_out_total')))} / (${sum(rate(chosen('outcry_gateway_messages_relayed_total')))} > 0)`,
              legend: 'frames out for each message relayed',
            },
          ],
          whenRed: 'it is what one message costs: a few very large rooms decide about the fleet.',
        },
        {
          title: 'A publisher waits for its ack',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'outcry_gateway_publish_seconds'), legend: '50 %' },
            { expr: quantile(0.99, 'outcry_gateway_publish_seconds'), legend: '99 %' },
          ],
          red: { above: 0.25 },
          whenRed: 'Redis, or the event loop: compare with the dashboards "redis" and "gateway".',
        },
        {
          title: 'Publishes under way',
          kind: 'curves',
          unit: 'percentunit',
          shows: 'Of as many as may be, which is less while Redis is slow.',
          queries: [
            {
              expr: `${sum(chosen('outcry_gateway_publishes_in_flight'), ['instance'])} / ${sum(chosen('outcry_gateway_publishes_in_flight_max'), ['instance'])}`,
              legend: '{{instance}}',
            },
          ],
          red: { above: 0.9 },
          whenRed: 'at 100 % publishes are refused at the door. See OutcryOverloaded.',
        },
        {
          title: 'Publishes refused at the door',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_publishes_shed_total')), ['instance']), legend: '{{instance}}' },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryOverloaded.',
        },
      ],
    },
    {
      title: 'Continuity',
      panels: [
        {
          title: 'Rooms whose members missed something',
          kind: 'stat',
          unit: 'short',
          queries: [
            { expr: sum(risen(chosen('outcry_gateway_room_resets_total'))), legend: 'resets', isInstant: true },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryRoomResets.',
        },
        {
          title: 'The past that is read',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_history_reads_total'))), legend: 'pages' },
            {
              expr: sum(rate(chosen('outcry_gateway_history_reads_spared_total')), ['why']),
              legend: 'spared: {{why}}',
            },
          ],
          whenRed: '"refused" or "expired": somebody waits in vain; too many ask at once, or Redis is slow.',
        },
        {
          title: 'Reads that wait',
          kind: 'curves',
          unit: 'short',
          queries: [
            { expr: sum(chosen('outcry_gateway_history_reads_waiting'), ['instance']), legend: '{{instance}}' },
          ],
          red: { above: 1000 },
          whenRed: 'Redis is slow, or many come back at once, as after a deployment.',
        },
        {
          title: 'Refused because of what is stored',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_stored_limits_reached_total')), ['limit']), legend: '{{limit}}' },
          ],
          red: { above: 1 },
          whenRed: 'somebody fills Redis, a bot needs more, or OUTCRY_TRUSTED_PROXIES lacks a proxy.',
        },
      ],
    },
    {
      title: 'Slow clients',
      panels: [
        {
          title: 'Clients that fall behind',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_lagging_total'))), legend: 'over the soft limit' },
            { expr: sum(rate(chosen('outcry_gateway_overflows_total'))), legend: 'lost a frame, and were closed' },
            { expr: sum(rate(chosen('outcry_gateway_closes_total', 'code="4202"'))), legend: 'closed as slow' },
          ],
          red: { above: 1 },
          whenRed: 'one node: its network. All: see OutcrySlowClients.',
        },
        {
          title: 'Rooms held back from them',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_rooms_held_back_total'))), legend: 'held back' },
            {
              expr: sum(rate(chosen('outcry_gateway_rooms_released_total')), ['outcome']),
              legend: 'released: {{outcome}}',
            },
          ],
          whenRed: 'released as "reset": so slow that what is kept does not reach; keep more, or say less.',
        },
        {
          title: 'Books conflated for them',
          kind: 'curves',
          unit: 'percentunit',
          shows: 'Of the frames made for watchers.',
          queries: [
            {
              expr: `${sum(rate(chosen('outcry_gateway_book_frames_conflated_total')), ['instance'])} / (${sum(rate(chosen('outcry_gateway_book_frames_relayed_total')), ['instance'])} > 0)`,
              legend: '{{instance}}',
            },
          ],
          red: { above: 0.25 },
          whenRed: 'many watchers read too slowly. See OutcrySlowClients.',
        },
      ],
    },
    {
      title: 'Presence',
      panels: [
        {
          title: 'Members who come and go',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_members_added_total'))), legend: 'come' },
            { expr: sum(rate(chosen('outcry_gateway_members_removed_total'))), legend: 'go' },
          ],
          whenRed: 'all go at once: the network before the gateways.',
        },
        {
          title: 'Presence that is put right',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_gateway_presence_entries_reaped_total'))), legend: 'left by lost nodes' },
            { expr: sum(rate(chosen('outcry_gateway_presence_entries_restored_total'))), legend: 'written again' },
            { expr: sum(rate(chosen('outcry_gateway_presence_faults_total'))), legend: 'calls that failed' },
          ],
          red: { above: 10 },
          whenRed:
            'a gateway was lost, or stood still, or Redis lost data. Nothing to be done: it comes right by itself.',
        },
      ],
    },
  ],
};
