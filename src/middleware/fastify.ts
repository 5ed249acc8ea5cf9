/**
 * A plugin for fastify.
 *
 * @packageDocumentation
 */
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import '../tailnet/http/request.ts';
import type { Identity } from '../identity/identity.ts';
import { type GateOptions, makeGate } from './gate.ts';

export type { Identity } from '../identity/identity.ts';
export { Capability, type CapabilityValues, defineCapability } from './capability.ts';
export type { GateOptions } from './gate.ts';
export type { StandardSchema } from './standard-schema.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null if there is no identity. */
    tailscale: Identity | null;
  }
}

/** Who has access, and how to identify callers. */
export interface TailscaleOptions extends GateOptions {
  /**
   * Returns who sent a request. Use `(request) => identityFromHeaders(request.headers)` for an app behind the proxy, and
   * only if nothing else can reach the app. @default the identity of the tailnet connection
   */
  identify?: (request: FastifyRequest) => Identity | undefined;
}

/**
 * Gives known callers access and tells the app who they are in `request.tailscale`. Others get an error with the status
 * 401, or 403 because of a rule, which the error handler may put into words. Registered in a scope, it applies there.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { tailscale } from 'tsexpose/fastify';
 * const app = fastify({ serverFactory: (handler) => tailnet.createServer(handler) });
 * await app.register(tailscale, { allow: '*@example.com' });
 * app.get('/', async (request) => `hello ${request.tailscale?.name}`);
 * await app.listen({ port: 80 });
 * ```
 */
export const tailscale: FastifyPluginCallback<TailscaleOptions> = (app, { identify = known, ...options }, done) => {
  const admit = makeGate(options);
  if (!app.hasRequestDecorator('tailscale')) app.decorateRequest('tailscale', null);
  app.addHook('onRequest', (request, reply, next) => {
    const { identity, refusal } = admit(identify(request));
    request.tailscale = identity ?? null;
    // rule: a refused request does not reach the app — mutate: !refusal => true
    if (!refusal) return next();
    reply.headers(refusal.headers);
    next(Object.assign(new Error(refusal.message), { statusCode: refusal.status }));
  });
  done();
};

// What fastify-plugin sets: the hook applies to the scope that registers the plugin, not to one of the plugin's own.
Object.assign(tailscale, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'tsexpose',
  [Symbol.for('plugin-meta')]: { name: 'tsexpose', fastify: '5.x' },
});

function known(request: FastifyRequest): Identity | undefined {
  return request.raw.tailscale;
}
