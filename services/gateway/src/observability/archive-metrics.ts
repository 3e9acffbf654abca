import { type Counter, Histogram, type Registry } from 'prom-client';

import { Instruments } from './instruments.ts';
import { LABEL_VALUES } from './label-values.ts';

/** What is counted of the archive, where a gateway reads one. */
export class ArchiveMetrics {
  readonly reads: Counter;
  readonly bytes: Counter;
  readonly readsSpared: Counter;
  readonly faults: Counter;
  readonly waits: Counter;
  readonly seconds: Histogram;
  readonly searches: Counter;
  readonly searchSeconds: Histogram;

  constructor(registry: Registry) {
    const make = new Instruments(registry);
    this.reads = make.counter('archive_reads_total', 'Pages of rooms’ pasts that the archive was asked for.');
    this.bytes = make.counter('archive_read_bytes_total', 'Bytes of the messages in those pages.');
    this.readsSpared = make.counter(
      'archive_reads_spared_total',
      'Pages that the archive was not asked for: as those of streams.',
      { why: LABEL_VALUES.sparedReads },
    );
    this.faults = make.counter(
      'archive_faults_total',
      'Pages that the archive was asked for in vain, or not at all while it fails.',
    );
    this.waits = make.counter(
      'archive_waits_total',
      'Waits of those who missed what only the archive has, while it was away: ended by another try (again), or given up as too long (late), or too many (refused), or of no use to anybody (gone).',
      { outcome: LABEL_VALUES.archiveWaits },
    );
    this.seconds = new Histogram({
      name: 'outcry_gateway_archive_read_seconds',
      help: 'What a page of the archive took.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
      registers: [registry],
    });
    this.searches = make.counter('archive_searches_total', 'Searches of the archive by the server API.', {
      outcome: LABEL_VALUES.searches,
    });
    this.searchSeconds = new Histogram({
      name: 'outcry_gateway_archive_search_seconds',
      help: 'What a search of the archive took, those that were broken off included.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
  }
}
