/**
 * Middleware for express, connect and anything else that takes `(req, res, next)`.
 *
 * @packageDocumentation
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import '../tailnet/http/request.ts';
import type { Identity } from '../identity/identity.ts';
import { type GateOptions, makeGate } from './gate.ts';

export type { Identity } from '../identity/identity.ts';
export { Capability, type CapabilityValues, defineCapability } from './capability.ts';
export type { GateOptions } from './gate.ts';
export type { StandardSchema } from './standard-schema.ts';

declare global {
  namespace Express {
    interface Request {
      /** Who sent the request; absent if there is no identity. */
      tailscale?: Identity;
    }
  }
}

/** Who has access, and how to identify callers. */
export interface TailscaleOptions extends GateOptions {
  /**
   * Returns who sent a request. Use `(req) => identityFromHeaders(req.headers)` for an app behind the proxy, and only if
   * nothing else can reach the app. @default the identity of the tailnet connection
   */
  identify?: (req: IncomingMessage) => Identity | undefined;
}

/**
 * Gives known callers access and tells the app who they are in `req.tailscale`. Others get a 401, or a 403 because of a
 * rule.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 * @example
 * ```ts
 * import express from 'express';
 * import { tailscale } from 'tsexpose/express';
 * const app = express();
 * app.use(tailscale());
 * app.use('/admin', tailscale({ capability: 'example.com/cap/admin' }));
 * app.get('/', (req, res) => res.send(`hello ${req.tailscale?.name}`));
 * tailnet.createServer(app).listen(80);
 * ```
 */
export function tailscale({
  identify = known,
  ...options
}: TailscaleOptions = {}): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void {
  const admit = makeGate(options);
  return (req, res, next) => {
    const { identity, refusal } = admit(identify(req));
    req.tailscale = identity;
    // rule: a refused request does not reach the app — mutate: !refusal => true
    if (!refusal) return next();
    res.writeHead(refusal.status, { ...refusal.headers, 'Content-Type': 'text/plain; charset=utf-8' });
    res.end(`${refusal.message}\n`);
  };
}

function known(req: IncomingMessage): Identity | undefined {
  return req.tailscale;
}
