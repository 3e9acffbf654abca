import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

describe('RoomDirectory', () => {
  let gateway: TestGateway;
  let client: TestClient;

  beforeEach(async () => {
    gateway = await createTestGateway();
    client = gateway.connect('ann');
    await vi.waitUntil(() => client.socket.framesOf('joined').length === 2);
  });
  afterEach(async () => {
    await gateway.stop();
  });

  const aboutLobby = (): readonly string[] =>
    client.socket.frames.flatMap((frame) => ('room' in frame && frame.room === 'lobby' ? [frame.type] : []));

  async function join(): Promise<void> {
    client.send({ type: 'join', room: 'lobby' });
    await vi.waitUntil(() => aboutLobby().includes('joined'));
  }

  it('tells a member that comes while the broker is not heard, also into a room that nobody was in', async () => {
    gateway.services.rooms.showStatus('down');
    await join();
    expect(aboutLobby()).toEqual(['joined', 'stale']);
    gateway.services.rooms.showStatus('up');
    expect(aboutLobby()).toEqual(['joined', 'stale', 'fresh']);
  });

  it('says nothing of staleness that has passed', async () => {
    gateway.services.rooms.showStatus('down');
    gateway.services.rooms.showStatus('up');
    await join();
    expect(aboutLobby()).toEqual(['joined']);
  });
});
