/** Which service a path belongs to. */
import { TsexposeError } from '../errors.ts';
import { parseTarget, type Target } from './target/target.ts';

/** A part of the paths, and who answers there. */
export interface Route {
  /** `/`, or a path without a slash at its end, such as `/api`. */
  prefix: string;
  target: Target;
}

/**
 * Reads a route such as `/api=3001`.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION, ERR_TSEXPOSE_INVALID_TARGET
 * @example
 * ```ts
 * parseRoute('/api=3001').prefix; // '/api'
 * ```
 */
export function parseRoute(text: string): Route {
  const [, path, target] = /^(\/[^=?#\s]*)=(.+)$/s.exec(text) ?? [];
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
    this.#routes = [...routes].sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Who answers for a request target; undefined where nobody does. */
  find(target: string): T | undefined {
    if (this.#routes.length === 1 && this.#routes[0]!.prefix === '/') return this.#routes[0]!.to;
    const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
    return this.#routes.find(({ prefix }) => isBelow(path, prefix))?.to;
  }
}

function isBelow(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return next === undefined || next === '/' || next === '?';
}
