import { describe, expect, it, vi } from 'vitest';
import { FunnelAuth } from '../../src/access/funnel-auth.ts';
import { parsePolicy } from '../../src/access/policy.ts';
import { planCommand } from '../../src/cli/flags/options.ts';
import { exposePlan } from '../../src/expose/expose.ts';
import { planNode } from '../../src/expose/node-options.ts';
import { checkTypes } from '../../src/expose/options.ts';
import { planPorts } from '../../src/expose/ports.ts';
import { planRoutes } from '../../src/expose/routes.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import { trustTargets } from '../../src/proxy/target/tls.ts';
import { useFronts } from './rig.ts';

// The functions are the real ones; their calls are counted.
vi.mock('../../src/access/policy.ts', { spy: true });
vi.mock('../../src/expose/node-options.ts', { spy: true });
vi.mock('../../src/expose/options.ts', { spy: true });
vi.mock('../../src/expose/ports.ts', { spy: true });
vi.mock('../../src/expose/routes.ts', { spy: true });
vi.mock('../../src/access/funnel-auth.ts', { spy: true });
vi.mock('../../src/proxy/target/target.ts', { spy: true });
vi.mock('../../src/proxy/target/tls.ts', { spy: true });

describe('a valid command line', () => {
  const front = useFronts();

  it('is parsed once, by the plan, and never by what does as the plan says', async () => {
    const app = await front.service((_, response) => response.end('hello'));
    const flags = {
      name: 'app',
      allow: ['*@example.com'],
      'map-cap': ['example.com/cap/x=X-All'],
      'host-header': 'rewrite',
    };
    const web = {
      route: ['/text=text:AA'],
      'target-servername': 'localhost',
      funnel: true,
      'funnel-auth': 'guest:secret',
    };
    const plan = planCommand(
      `https://localhost:${app}`,
      { ...flags, ...web, ephemeral: true },
      { cwd: process.cwd(), env: {}, commands: [] },
    );
    const counted: unknown[] = [checkTypes, planNode, parsePolicy, planPorts, planRoutes, FunnelAuth];
    const counts = () => counted.map((one) => vi.mocked(one as () => void).mock.calls.length);
    const once = counted.map(() => 1);
    const texts = [`https://localhost:${app}`, 'text:AA'];
    expect(counts()).toEqual(once);
    expect(vi.mocked(parseTarget).mock.calls.flat()).toEqual(texts);
    const trusted = vi.mocked(trustTargets).mock.calls.length;

    const { controlUrl } = front.sandbox();
    const node = { ...plan.node, controlUrl, authKey: front.sandbox().authKey('alice') };
    const exposure = await exposePlan({ ...plan, node });
    front.ends.push(() => exposure.close({ timeout: 0 }));
    const { url } = await front.door('bob', 'app:80');
    expect(await (await fetch(`${url}/text`)).text()).toBe('AA\n');
    expect(counts()).toEqual(once);
    expect(vi.mocked(parseTarget).mock.calls.flat()).toEqual(texts);
    expect(vi.mocked(trustTargets).mock.calls).toHaveLength(trusted);
  });
});
