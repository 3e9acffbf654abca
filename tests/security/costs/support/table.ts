import { SuiteTable } from '../../../support/suite-table.ts';
import { type Bars, BARS, type Cost } from './cost.ts';
import type { Measurement } from './measure.ts';

const KIB = 1024;
const MIB = KIB * KIB;

const TABLE = new SuiteTable<readonly string[]>({
  name: 'costs',
  head: [
    'one client does',
    'it cost before',
    'requests',
    'took',
    "Redis's CPU",
    'of that for each request (bar 5 ms)',
    "gateway's CPU",
    'bytes sent, got, from Redis',
    "bystander's publishes refused (bar 0)",
    'its p99, quiet p99 (bar 3 times)',
    'its longest wait (bar 250 ms)',
    'memory per connection (bar 4 MiB), 5 s later (bar 1 MiB)',
    'other bars',
    'remarks',
  ],
  cellsOf: (row) => row,
  size: 'long',
});

export function addRow(cost: Cost, measurement: Measurement): void {
  TABLE.add(cellsOf(cost, measurement));
}

/** Vitest's global set-up: begins an empty table. */
export function setup(): void {
  TABLE.begin();
}

/** Vitest's global tear-down: prints the table and keeps it as `artifacts/costs.json`. */
export function teardown(): void {
  TABLE.finish();
}

function cellsOf({ name, before, unmet = {} }: Cost, measurement: Measurement): readonly string[] {
  const { deed, found, seconds, redisCpuMs, gatewayCpuMs, redisSentBytes, quietP99Ms } = measurement;
  /** A number with a mark where its bar is known not to be met. */
  const show = (bar: keyof Bars, text: (value: number) => string): string => {
    const value = found[bar];
    return value === undefined ? '–' : `${text(value)}${bar in unmet ? ' (not met)' : ''}`;
  };
  const reasons = Object.entries(unmet).map(([bar, why]) => `${bar}: ${why}`);
  return [
    name,
    before,
    deed.requests.toLocaleString('en'),
    `${seconds.toFixed(1)} s`,
    `${redisCpuMs.toFixed(0)} ms`,
    show('redisMsPerRequest', (ms) => `${ms.toFixed(2)} ms`),
    `${gatewayCpuMs.toFixed(0)} ms`,
    [deed.sentBytes, deed.receivedBytes, redisSentBytes].map(showBytes).join(', '),
    show('refused', String),
    show('p99Ratio', (ratio) => `${(ratio * quietP99Ms).toFixed(0)}, ${quietP99Ms.toFixed(0)} ms`),
    show('longestWaitMs', (ms) => `${ms.toFixed(0)} ms`),
    `${show('memoryBytesPerConnection', showBytes)}, ${show('memoryLeftBytesPerConnection', showBytes)}`,
    [
      show(
        'amplification',
        (ratio) => `${ratio.toFixed(2)} from Redis for each byte (bar ${String(BARS.amplification)})`,
      ),
      show('goodput', (share) => `${share.toFixed(2)} of the peak (bar ${String(BARS.goodput)})`),
      show('refusal', (ratio) => `a refusal ${ratio.toFixed(2)} of a bare answer (bar ${String(BARS.refusal)})`),
    ]
      .filter((cell) => cell !== '–')
      .join('; '),
    [deed.remarks ?? '', ...reasons].filter((remark) => remark !== '').join('; '),
  ];
}

function showBytes(bytes: number): string {
  if (bytes >= MIB) return `${(bytes / MIB).toFixed(1)} MiB`;
  return bytes >= KIB ? `${(bytes / KIB).toFixed(0)} KiB` : `${bytes.toFixed(0)} B`;
}
