/** The routes of an exposure: those that were given, and the target for all other paths. */
import { TsexposeError } from '../errors.ts';
import { Problems } from '../problems.ts';
import { parseRoute, type Route } from '../proxy/routes.ts';
import type { Target } from '../proxy/target/target.ts';

/**
 * Plans the routes, the one for `/` first: it stands for all of them on the screen.
 *
 * @param texts such as `/api=3001`
 * @param target the target of the paths without a route
 * @throws ERR_TSEXPOSE_INVALID_OPTION for an invalid route, for a path with two targets, and for a route to a TCP target
 */
export function planRoutes(texts: readonly string[], target: Target | undefined): Route[] {
  const problems = new Problems();
  const given = texts.flatMap((text) => problems.check(() => parseRoute(text)) ?? []);
  const routes = target ? [{ prefix: '/', target }, ...given] : given;
  for (const [i, route] of routes.entries()) {
    const first = routes.findIndex(({ prefix }) => prefix === route.prefix);
    // rule: a path has one target
    if (first < i) problems.check(() => twice(route.prefix, routes[first]!, route));
    if (route.target.kind === 'tcp') problems.check(() => notHttp(route));
  }
  problems.throw();
  return routes.sort((a, b) => Number(b.prefix === '/') - Number(a.prefix === '/'));
}

function twice(prefix: string, one: Route, other: Route): never {
  throw invalid(`--route: ${prefix} has two targets, ${one.target.url} and ${other.target.url}.`);
}

function notHttp({ prefix, target }: Route): never {
  throw invalid(`--route requires HTTP targets: ${prefix} leads to ${target.url}.`);
}

function invalid(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--route /api=3001 --route /=3000'],
  });
}
