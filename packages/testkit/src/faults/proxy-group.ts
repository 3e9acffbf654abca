import { createAddressFilter } from './address-filter.ts';
import { FaultProxy, type FaultProxyOptions, type ProxyFaults } from './fault-proxy.ts';

/** Between one node and all servers of its Redis, a proxy before each of them; servers that name each other name the proxies. */
export class ProxyGroup implements AsyncDisposable {
  readonly #proxies: readonly FaultProxy[];

  private constructor(proxies: readonly FaultProxy[]) {
    this.#proxies = proxies;
  }

  /** @param servers on loopback, of five digits where they name each other */
  static async start(servers: readonly FaultProxyOptions[]): Promise<ProxyGroup> {
    const ports = new Map<number, number>();
    const createWording =
      servers.length === 1
        ? {}
        : { createWording: (): ReturnType<typeof createAddressFilter> => createAddressFilter(ports) };
    const proxies = await Promise.all(servers.map((server) => FaultProxy.start({ ...server, ...createWording })));
    for (const [i, { port }] of servers.entries()) ports.set(port, proxies[i]?.port ?? port);
    return new ProxyGroup(proxies);
  }

  /** In the order of the servers. */
  get ports(): readonly number[] {
    return this.#proxies.map(({ port }) => port);
  }

  /** Breaks what passes to all servers, or to one of them, until `heal` or other faults. */
  inflict(faults: ProxyFaults, server?: number): void {
    for (const [i, proxy] of this.#proxies.entries()) if (server === undefined || i === server) proxy.inflict(faults);
  }

  heal(): void {
    this.inflict({});
  }

  freeze(): void {
    for (const proxy of this.#proxies) proxy.freeze();
  }

  thaw(): void {
    this.heal();
  }

  dropConnections(): void {
    for (const proxy of this.#proxies) proxy.dropConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
  }
}
