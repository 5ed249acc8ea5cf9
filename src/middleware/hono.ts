/**
 * Middleware for hono on Node.js (`@hono/node-server`).
 *
 * @packageDocumentation
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Identity } from '../identity/identity.ts';
import { type GateOptions, makeGate } from './gate.ts';

export type { Identity } from '../identity/identity.ts';
export { Capability, type CapabilityValues, defineCapability } from './capability.ts';
export type { GateOptions } from './gate.ts';
export type { StandardSchema } from './standard-schema.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Who sent the request; undefined where nobody is known. */
    tailscale: Identity | undefined;
  }
}

/** Who may come in, and how to know who it is. */
export interface TailscaleOptions extends GateOptions {
  /**
   * Says who sent a request. `(c) => identityFromHeaders(c.req.raw.headers)` is for an app behind the proxy, and only
   * for one that nobody else can reach. @default the identity of the tailnet connection
   */
  identify?: (context: Context) => Identity | undefined;
}

/**
 * Lets known callers in and tells the app who they are: `c.var.tailscale`. Others get 401, or 403 where a rule says so.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 * @example
 * ```ts
 * import { serve } from '@hono/node-server';
 * import { Hono } from 'hono';
 * import { tailscale } from 'tsexpose/hono';
 * const app = new Hono();
 * app.use(tailscale());
 * app.get('/', (c) => c.text(`hello ${c.var.tailscale?.name}`));
 * serve({ fetch: app.fetch, createServer: tailnet.createServer, port: 80 });
 * ```
 */
export function tailscale(
  options?: TailscaleOptions & { require?: true },
): MiddlewareHandler<{ Variables: { tailscale: Identity } }>;
/** With `require: false` there may be no caller whom the tailnet knows. */
export function tailscale(
  options: TailscaleOptions,
): MiddlewareHandler<{ Variables: { tailscale: Identity | undefined } }>;
export function tailscale({ identify = known, ...options }: TailscaleOptions = {}): MiddlewareHandler {
  const admit = makeGate(options);
  return async (context, next) => {
    const { identity, refusal } = admit(identify(context));
    context.set('tailscale', identity);
    if (refusal) return context.text(`${refusal.message}\n`, refusal.status, refusal.headers);
    await next();
  };
}

function known(context: Context): Identity | undefined {
  return (context.env as { incoming?: { tailscale?: Identity } } | undefined)?.incoming?.tailscale;
}
