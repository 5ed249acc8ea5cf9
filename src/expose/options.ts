import { checkKinds, type OptionKind } from '../tailnet/option-kind.ts';
import type { ExposeOptions } from './expose.ts';

/** What the node checks itself stands there. */
const KINDS: Partial<Record<keyof ExposeOptions, OptionKind>> = {
  target: 'string',
  name: 'string',
  requireName: 'boolean',
  onEvent: 'function',
  https: ['auto', 'only', 'off'],
  certCache: 'string',
  service: 'string',
  ports: 'strings',
  routes: 'strings',
  stripPrefix: 'boolean',
  proxyProtocol: [1, 2],
  funnel: 'boolean',
  funnelAuth: 'string',
  tlsTerminatedTcp: 'boolean',
  targetCa: 'string',
  targetServername: 'string',
  hostHeader: 'string',
  allow: 'strings',
  deny: 'strings',
  requireIdentity: 'boolean',
  acceptAppCaps: 'strings',
  deviceHeaders: 'boolean',
  mapCap: 'strings',
  headerPreset: 'string',
};

/**
 * Checks options of `expose` that may come from JavaScript.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` with everything that is wrong
 */
export function checkExposeOptions(options: ExposeOptions): void {
  checkKinds(options, KINDS, ['target', 'name']);
}
