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
    /** Who sent the request; undefined if there is no identity. */
    tailscale: Identity | undefined;
  }
}

/** Who has access, and how to identify callers. */
export interface TailscaleOptions extends GateOptions {
  /**
   * Returns who sent a request. Use `(c) => identityFromHeaders(c.req.raw.headers)` for an app behind the proxy, and only
   * if nothing else can reach the app. @default the identity of the tailnet connection
   */
  identify?: (context: Context) => Identity | undefined;
}

/**
 * Gives known callers access and tells the app who they are in `c.var.tailscale`. Others get a 401, or a 403 because of
 * a rule.
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
/** With `require: false`, a request may come from a caller whom the tailnet does not know. */
export function tailscale(
  options: TailscaleOptions,
): MiddlewareHandler<{ Variables: { tailscale: Identity | undefined } }>;
export function tailscale({ identify = known, ...options }: TailscaleOptions = {}): MiddlewareHandler {
  const admit = makeGate(options);
  return async (context, next) => {
    const { identity, refusal } = admit(identify(context));
    context.set('tailscale', identity);
    // rule: a refused request does not reach the app
    if (refusal) return context.text(`${refusal.message}\n`, refusal.status, refusal.headers);
    await next();
  };
}

function known(context: Context): Identity | undefined {
  return (context.env as { incoming?: { tailscale?: Identity } } | undefined)?.incoming?.tailscale;
}
