import type { Dashboard } from '../dashboard.ts';
import { chosen, encoded, increase, movedBy, ofGateways, quantile, rate, risen, sum } from '../promql.ts';

/** For whoever looks after the machines: what one gateway does, and on what. */
export const GATEWAY: Dashboard = {
  name: 'gateway',
  title: 'gateway',
  description: 'One gateway or some of them: choose instances at the top.',
  rows: [
    {
      title: 'Who comes and goes',
      panels: [
        {
          title: 'Connections by encoding',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(encoded('outcry_gateway_connections'), ['encoding']), legend: '{{encoding}}' }],
          whenRed: 'JSON costs more than msgpack: many of it where there were few are another client.',
        },
        {
          title: 'Sockets of the public port',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_sockets'), ['state']), legend: '{{state}}' }],
          whenRed: 'many in "handshake" come and say nothing: somebody opens sockets and nothing else.',
        },
        {
          title: 'Turned away',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('status', { counter: chosen('outcry_gateway_upgrades_refused_total'), of: rate }),
              legend: 'HTTP {{status}}',
            },
            {
              expr: movedBy('limit', { counter: chosen('outcry_gateway_sockets_refused_total'), of: rate }),
              legend: 'limit {{limit}}',
            },
          ],
          red: { above: 1 },
          whenRed:
            '503: not ready or overloaded. 429 or address: one address; a proxy that OUTCRY_TRUSTED_PROXIES lacks makes all of them one. 403: origins.',
        },
        {
          title: 'Tokens and passwords that do not hold',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('reason', { counter: chosen('outcry_gateway_token_refusals_total'), of: rate }),
              legend: 'token: {{reason}}',
            },
            {
              expr: movedBy('code', { counter: chosen('outcry_gateway_account_refusals_total'), of: rate }),
              legend: 'account: {{code}}',
            },
          ],
          red: { above: 1 },
          whenRed: 'see OutcryAuthRefusals.',
        },
        {
          title: 'Closed, by code',
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
        {
          title: 'Dropped because it came too fast',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('what', { counter: chosen('outcry_gateway_rate_limited_total'), of: rate }),
              legend: '{{what}}',
            },
          ],
          red: { above: 10 },
          whenRed: 'a client that floods, or limits that are too tight for a new one (OUTCRY_MAX_…_PER_SECOND).',
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Bytes from clients',
          kind: 'curves',
          unit: 'Bps',
          queries: [
            { expr: sum(rate(encoded('outcry_gateway_bytes_in_total')), ['encoding']), legend: '{{encoding}}' },
          ],
          whenRed: 'large payloads: who publishes them, and to which room?',
        },
        {
          title: 'Bytes to clients',
          kind: 'curves',
          unit: 'Bps',
          queries: [
            { expr: sum(rate(encoded('outcry_gateway_bytes_out_total')), ['encoding']), legend: '{{encoding}}' },
          ],
          whenRed: 'near what the machine’s network can do, all its clients become slow: add machines.',
        },
        {
          title: 'Frames in and out',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(encoded('outcry_gateway_messages_in_total')), ['encoding']), legend: 'in, {{encoding}}' },
            {
              expr: sum(rate(encoded('outcry_gateway_messages_out_total')), ['encoding']),
              legend: 'out, {{encoding}}',
            },
          ],
          whenRed: 'nothing goes out while connections stay: does the node hear Redis?',
        },
      ],
    },
    {
      title: 'Your servers: the API',
      panels: [
        {
          title: 'Requests to the API',
          kind: 'curves',
          unit: 'ops',
          shows: 'Each command of a batch, too.',
          queries: [
            {
              expr: movedBy('command', { counter: chosen('outcry_gateway_api_requests_total'), of: rate }),
              legend: '{{command}}',
            },
          ],
          whenRed: 'much of one command: a server of yours that asks in a circle. unknown: an address that is wrong.',
        },
        {
          title: 'Requests to the API that are refused',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: movedBy('code', { counter: chosen('outcry_gateway_api_refusals_total'), of: rate }),
              legend: '{{code}}',
            },
          ],
          red: { above: 1 },
          whenRed:
            'unauthorized, rateLimited: see OutcryAuthRefusals. unavailable: Redis. internal: a bug, with the log line "command failed". Others: docs/SERVER-API.md.',
        },
      ],
    },
    {
      title: 'Your server: hooks',
      panels: [
        {
          title: 'Breakers that are not closed',
          kind: 'stat',
          unit: 'short',
          queries: [
            {
              expr: sum(`${chosen('outcry_gateway_hook_breaker_state', 'state="closed"')} == bool 0`, ['hook']),
              legend: '{{hook}}',
            },
          ],
          red: { above: 1 },
          whenRed: 'your server is not asked, and the rule of the hook holds. See OutcryHookBreakerOpen.',
        },
        {
          title: 'Answers',
          kind: 'curves',
          unit: 'ops',
          queries: [
            {
              expr: sum(rate(chosen('outcry_gateway_hook_calls_total')), ['hook', 'outcome']),
              legend: '{{hook}} {{outcome}}',
            },
          ],
          whenRed: 'everything but "answered" is your server, or the way to it (docs/HOOKS.md).',
        },
        {
          title: 'How long your server takes, 99 %',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'outcry_gateway_hook_seconds', ['hook']), legend: '{{hook}}' }],
          red: { above: 1 },
          whenRed: 'clients wait for so long: make it faster, or shorten OUTCRY_HOOKS_DEADLINE_MS.',
        },
        {
          title: 'Questions under way',
          kind: 'curves',
          unit: 'short',
          queries: [{ expr: sum(chosen('outcry_gateway_hooks_in_flight'), ['hook']), legend: '{{hook}}' }],
          whenRed: 'near OUTCRY_HOOKS_MAX_IN_FLIGHT the next ones are refused.',
        },
      ],
    },
    {
      title: 'Your server: events',
      panels: [
        {
          title: 'Events are sent, and taken',
          kind: 'stat',
          unit: 'bool_yes_no',
          queries: [
            {
              expr: `max(${chosen('outcry_events_sending')} * ${chosen('outcry_events_server_up')})`,
              legend: 'of one service',
            },
          ],
          red: { below: 1 },
          whenRed: 'nobody is told who comes and goes. See OutcryEventsBehind.',
        },
        {
          title: 'Events that were given up',
          kind: 'stat',
          unit: 'short',
          queries: [
            {
              expr: `(${sum(risen(chosen('outcry_events_dead_letters_total')))} or vector(0)) + ${sum(risen(chosen('outcry_events_lost_total')))}`,
              legend: 'events',
              isInstant: true,
            },
          ],
          red: { above: 1 },
          whenRed: '`outcry events resend` sends those again that are kept (docs/EVENTS.md).',
        },
        {
          title: 'Events told',
          kind: 'curves',
          unit: 'ops',
          queries: [
            { expr: sum(rate(chosen('outcry_events_told_total')), ['event']), legend: '{{event}}' },
            {
              expr: `${sum(rate(chosen('outcry_events_failures_total')))} or vector(0)`,
              legend: 'requests that were not taken',
            },
          ],
          whenRed: 'requests that are not taken: your server, or the way to it; "events not delivered" says how.',
        },
        {
          title: 'The oldest event that waits',
          kind: 'curves',
          unit: 's',
          queries: [{ expr: `max(${chosen('outcry_events_lag_seconds')})`, legend: 'age' }],
          red: { above: 60 },
          whenRed: 'your server takes less than happens. See OutcryEventsBehind.',
        },
      ],
    },
    {
      title: 'The process',
      panels: [
        {
          title: 'Event loop',
          kind: 'curves',
          unit: 's',
          queries: [
            { expr: ofGateways('nodejs_eventloop_lag_p50_seconds'), legend: '50 % {{instance}}' },
            { expr: ofGateways('nodejs_eventloop_lag_p99_seconds'), legend: '99 % {{instance}}' },
          ],
          red: { above: 0.35 },
          whenRed: 'see OutcryOverloaded. The 99 % alone: garbage collection, or one large request.',
        },
        {
          title: 'Memory',
          kind: 'curves',
          unit: 'bytes',
          queries: [
            { expr: ofGateways('process_resident_memory_bytes'), legend: 'resident {{instance}}' },
            { expr: ofGateways('nodejs_heap_size_used_bytes'), legend: 'heap {{instance}}' },
          ],
          whenRed: 'resident without heap: what slow clients have not read. Heap: a leak. See OutcryMemory.',
        },
        {
          title: 'Memory, of what its connections explain',
          kind: 'curves',
          unit: 'percentunit',
          shows: 'Of 512 MiB, and 64 KiB for each connection.',
          queries: [
            {
              expr: `${sum(ofGateways('process_resident_memory_bytes'), ['instance'])} / (512 * 1024 * 1024 + 64 * 1024 * ${sum(chosen('outcry_gateway_connections'), ['instance'])})`,
              legend: '{{instance}}',
            },
          ],
          red: { above: 1 },
          whenRed: 'slow clients, or a leak. See OutcryMemory.',
        },
        {
          title: 'Open files',
          kind: 'curves',
          unit: 'percentunit',
          queries: [
            { expr: `${ofGateways('process_open_fds')} / ${ofGateways('process_max_fds')}`, legend: '{{instance}}' },
          ],
          red: { above: 0.9 },
          whenRed: 'soon nobody more comes in: raise the limit (ulimit -n), or add gateways.',
        },
        {
          title: 'Garbage collection',
          kind: 'curves',
          unit: 'percentunit',
          shows: 'Of one core.',
          queries: [
            {
              expr: sum(rate(ofGateways('nodejs_gc_duration_seconds_sum')), ['instance']),
              legend: '{{instance}}',
            },
          ],
          red: { above: 0.2 },
          whenRed: 'too much is made and thrown away, or the heap is nearly full.',
        },
        {
          title: 'Lines of the log that were dropped',
          kind: 'stat',
          unit: 'short',
          queries: [
            {
              expr: sum(risen(chosen('outcry_gateway_log_lines_dropped_total'))),
              legend: 'lines',
              isInstant: true,
            },
          ],
          red: { above: 1 },
          whenRed: 'whoever reads the log is too slow. See OutcryLogLinesDropped.',
        },
      ],
    },
  ],
};
