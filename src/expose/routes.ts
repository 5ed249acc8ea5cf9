/** The routes of an exposure: those that were given, and the target for what is left. */
import { TsexposeError } from '../errors.ts';
import { parseRoute, type Route } from '../proxy/routes.ts';
import type { Target } from '../proxy/target/target.ts';

/**
 * Reads the routes; undefined where there are none, and the target has every path.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a path that two routes have, and for a route to a TCP service
 */
export function planRoutes(target: Target | undefined, texts: readonly string[] = []): Route[] | undefined {
  if (texts.length === 0) return undefined;
  const routes = texts.map(parseRoute);
  if (target?.kind === 'http' && !routes.some(({ prefix }) => prefix === '/')) routes.push({ prefix: '/', target });
  // The first is the one that stands for all of them on the screen.
  routes.sort((a, b) => Number(b.prefix === '/') - Number(a.prefix === '/'));
  const twice = routes.find(({ prefix }, i) => routes.findIndex((other) => other.prefix === prefix) !== i);
  if (twice) throw invalid(`Expected each path once, got ${twice.prefix} twice.`);
  const bytes =
    routes.find((route) => route.target.kind === 'tcp') ?? (target?.kind === 'tcp' ? { target } : undefined);
  if (bytes) throw invalid(`Expected HTTP services behind routes, got ${bytes.target.url}.`);
  return routes;
}

function invalid(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--route /api=3001 --route /=3000'],
  });
}
