import type { ClientFrame, ClientFrameOf } from '@outcry/protocol';
import type { PublishTrace } from '@outcry/tracing';

/** A `publish`, with what is told of it where it is traced. Copies of it are of the same trace. */
export interface TracedPublish extends ClientFrameOf<'publish'> {
  readonly trace?: PublishTrace | undefined;
}

export function traceOf(frame: ClientFrame): PublishTrace | undefined {
  return frame.type === 'publish' ? (frame as TracedPublish).trace : undefined;
}
