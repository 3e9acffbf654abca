import { CLOSE_CODES } from '@outcry/protocol';
import { expect, it } from 'vitest';

import { createControlHandler } from './control-handler.ts';
import { createTestGateway, NO_WITHDRAWAL } from '../testing/create-services.ts';
import { AccountNames } from './account-names.ts';

it('gives a name to its owner alone, and sends away whoever came in under it on trust', async () => {
  const gateway = await createTestGateway();
  const { services, backplane } = gateway;
  const ann = gateway.connect('ann');
  const bob = gateway.connect('bob');
  for (const { session } of [ann, bob]) services.connections.add(session);
  await backplane.control.watch(createControlHandler({ ...services, withdrawal: NO_WITHDRAWAL }));
  const names = new AccountNames(backplane.control);
  expect(names.all.has('ann')).toBe(false);
  await names.claim('ann');
  expect(names.all.has('ann')).toBe(true);
  await expect.poll(() => ann.socket.closeCode).toEqual(CLOSE_CODES.disconnected);
  expect(bob.socket.closeCode).toBeUndefined();
  await gateway.stop();
});
