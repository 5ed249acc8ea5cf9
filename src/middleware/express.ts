/**
 * Middleware for express, connect and everything else that takes `(req, res, next)`.
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
      /** Who sent the request; absent where nobody is known. */
      tailscale?: Identity;
    }
  }
}

/** Who may come in, and how to know who it is. */
export interface TailscaleOptions extends GateOptions {
  /**
   * Says who sent a request. `(req) => identityFromHeaders(req.headers)` is for an app behind the proxy, and only for one
   * that nobody else can reach. @default the identity of the tailnet connection
   */
  identify?: (req: IncomingMessage) => Identity | undefined;
}

/**
 * Lets known callers in and tells the app who they are: `req.tailscale`. Others get 401, or 403 where a rule says so.
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
    if (!refusal) return next();
    res.writeHead(refusal.status, { ...refusal.headers, 'Content-Type': 'text/plain; charset=utf-8' });
    res.end(`${refusal.message}\n`);
  };
}

function known(req: IncomingMessage): Identity | undefined {
  return req.tailscale;
}
