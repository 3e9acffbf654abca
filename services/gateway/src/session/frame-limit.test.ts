import type { CloseCode, ServerFrame } from '@outcry/protocol';
import { expect, it } from 'vitest';

import { createTestGateway } from '../testing/create-services.ts';
import { FrameLimit } from './frame-limit.ts';

it('lets a burst pass, then tells a hundred times, then ends the connection', async () => {
  const gateway = await createTestGateway({ limits: { maxFramesPerSecond: 1 } });
  const sent: ServerFrame[] = [];
  const closes: CloseCode[] = [];
  const limit = new FrameLimit(
    { sendFrame: (frame) => sent.push(frame), close: (closeCode) => closes.push(closeCode) },
    gateway.services,
  );
  const passed = Array.from({ length: 103 }, () => limit.mayPass()).filter(Boolean);
  await gateway.stop();
  expect(passed).toHaveLength(2);
  expect(sent).toHaveLength(100);
  expect(sent[0]).toMatchObject({ type: 'error', code: 'rateLimited', retryable: true });
  expect(closes).toMatchObject([{ code: 4101 }]);
});
