import { type Route, routeToServer } from './routes/route.ts';
import { SentinelSearch } from './sentinel/sentinel-search.ts';
import type { ServerTopology, ShardList } from './routes/topology.ts';

/** To each of the servers, in their order. */
export function createRoutes(topology: ServerTopology | ShardList): readonly Route[] {
  return topology.kind === 'shards' ? topology.shards.map(createRoute) : [createRoute(topology)];
}

function createRoute(server: ServerTopology): Route {
  return server.kind === 'single' ? routeToServer(server) : new SentinelSearch(server);
}
