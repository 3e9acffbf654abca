import { type Route, routeToServer } from './route.ts';
import { SentinelSearch } from './sentinel-search.ts';
import type { Topology } from './topology.ts';

export function createRoute(topology: Topology): Route {
  return topology.kind === 'single' ? routeToServer(topology) : new SentinelSearch(topology);
}
