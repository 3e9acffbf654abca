import { createRoutes } from '../../src/redis/create-route.ts';
import type { Route } from '../../src/redis/routes/route.ts';
import { parseTopology } from '../../src/redis/routes/topology.ts';

/** To the one server of a URL. */
export function routeTo(url: string): Route {
  const topology = parseTopology(url);
  const [route, ...others] = topology.kind === 'cluster' ? [] : createRoutes(topology);
  if (route === undefined || others.length > 0) throw new Error('expected the URL of one server');
  return route;
}
