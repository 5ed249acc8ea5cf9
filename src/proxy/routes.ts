/** Which target a path belongs to. */
import { TsexposeError } from '../errors.ts';
import { isBelow } from './request/path.ts';
import { parseTarget } from './target/target.ts';
import type { Target } from './target/target-types.ts';

/** A path prefix and its target. */
export interface Route {
  /** `/`, or a path without a trailing slash, such as `/api`. */
  prefix: string;
  target: Target;
}

/**
 * Parses a route such as `/api=3001`.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION, ERR_TSEXPOSE_INVALID_TARGET
 * @example
 * ```ts
 * parseRoute('/api=3001').prefix; // '/api'
 * ```
 */
export function parseRoute(text: string): Route {
  const [, path, target] = /^(\/[^=?#\s]*)=(.+)$/s.exec(text) ?? [];
  // rule: the path of a route has no dot segments — mutate: || /(^|\/)\.{1,2}(\/|$)|%2e|\/\//i.test(path) =>
  if (path === undefined || /(^|\/)\.{1,2}(\/|$)|%2e|\/\//i.test(path)) {
    throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Expected /path=target, got ${JSON.stringify(text)}.`, {
      suggestions: ['--route /api=3001 --route /=3000'],
    });
  }
  return { prefix: path.length > 1 ? path.replace(/\/+$/, '') : path, target: parseTarget(target!) };
}

/** Finds the route with the longest prefix. */
export class RouteTable<T> {
  readonly #routes: { prefix: string; to: T }[];

  constructor(routes: { prefix: string; to: T }[]) {
    // rule: the longest route wins — mutate: b.prefix.length - a.prefix.length => a.prefix.length - b.prefix.length
    this.#routes = [...routes].sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The routes in the order in which they are tried. */
  get all(): readonly { prefix: string; to: T }[] {
    return this.#routes;
  }

  /** Returns what a request target leads to; undefined if no route matches. */
  find(target: string): T | undefined {
    if (this.#routes.length === 1 && this.#routes[0]!.prefix === '/') return this.#routes[0]!.to;
    const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
    return this.#routes.find(({ prefix }) => isBelow(path, prefix))?.to;
  }
}
