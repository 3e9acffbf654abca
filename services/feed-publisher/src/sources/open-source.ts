import type { Logger } from '@outcry/service';

import { openBinanceSource } from './binance/binance-source.ts';
import type { BookSource } from './book-source.ts';
import { createHttpSource } from './http/http-source.ts';
import { openRecordingSource } from './recording/recording-source.ts';
import type { SourceConfig } from './settings.ts';
import { createSimulatorSource } from './simulator/simulator-source.ts';

/**
 * The source that the configuration names, ready to be read.
 *
 * @throws OutcryError in a line for the operator where it cannot be opened
 */
export async function openSource(config: SourceConfig, logger: Logger): Promise<BookSource> {
  switch (config.kind) {
    case 'simulator':
      return createSimulatorSource(config);
    case 'recording':
      return openRecordingSource(config);
    case 'binance':
      return openBinanceSource(config, logger);
    case 'http':
      return createHttpSource(config);
  }
}
