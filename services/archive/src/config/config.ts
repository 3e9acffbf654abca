import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, type ServiceConfig, serviceConfigOf } from '@outcry/service';
import { type LeaseTimes, problemsOfPostgresUrl } from '@outcry/worker';

import type { ArchivingTimes } from '../archiving/archive-term.ts';
import { archivingTimesOf } from '../archiving/settings.ts';
import { leaseTimesOf, problemsOfLease } from '../partitions/settings.ts';
import type { PostgresOptions } from '../store/postgres/postgres-archive.ts';
import { postgresOptionsOf, problemsOfSearchIndexes } from '../store/settings.ts';
import { ARCHIVE_SETTINGS } from './settings.ts';

export type ArchiveSettings = SettingValues<typeof ARCHIVE_SETTINGS>;

/** The settings as the service's parts take them. */
export interface ArchiveConfig extends ServiceConfig {
  readonly postgres: PostgresOptions;
  readonly archiving: ArchivingTimes;
  readonly leases: LeaseTimes;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadArchiveConfig(environment: Environment): { config: ArchiveConfig; settings: ArchiveSettings } {
  const settings = readSettings(ARCHIVE_SETTINGS, environment);
  const isProduction = settings.OUTCRY_ENV === 'production';
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfLease(settings),
    ...problemsOfSearchIndexes(settings),
    ...problemsOfPostgresUrl('OUTCRY_ARCHIVE_URL', settings.OUTCRY_ARCHIVE_URL, { isProduction }),
    ...(isProduction ? productionProblems(settings) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    settings,
    config: {
      ...serviceConfigOf(settings),
      postgres: postgresOptionsOf(settings),
      archiving: archivingTimesOf(settings),
      leases: leaseTimesOf(settings),
    },
  };
}
