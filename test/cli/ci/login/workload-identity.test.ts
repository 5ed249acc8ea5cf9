import { describe, expect, it } from 'vitest';
import { type FederationOptions, WorkloadIdentity } from '../../../../src/cli/ci/login/workload-identity.ts';

const { signal } = new AbortController();

const federation = (options: Partial<FederationOptions>) =>
  new WorkloadIdentity({ clientId: 'kClient', tags: ['tag:preview'], env: {}, signal, ...options });

describe('a workload identity', () => {
  it('is not sent to Tailscale’s API by a process that may not contact Tailscale', () => {
    const env = { TS_PANIC_IF_HIT_MAIN_CONTROL: '1' };
    const message = /may not contact Tailscale’s API/;
    expect(() => federation({ env })).toThrow(message);
    expect(() => federation({ env, controlUrl: 'https://controlplane.tailscale.com' })).toThrow(message);
    expect(() => federation({ env: { ...env, TS_CONTROL_URL: 'https://login.tailscale.com' } })).toThrow(message);
    federation({ env, controlUrl: 'http://127.0.0.1:1' });
  });

  it('needs a tag', () => {
    expect(() => federation({ tags: [], controlUrl: 'http://127.0.0.1:1' })).toThrow(/no tag is set/);
  });
});
