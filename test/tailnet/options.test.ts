import { describe, expect, it } from 'vitest';
import type { TailnetOptions } from '../../src/tailnet/options.ts';
import { Tailnet } from '../../src/tailnet/tailnet.ts';
import { useSandbox } from './pair.ts';

describe('the options of a node', () => {
  useSandbox();

  it.each(['', '-a', 'a-', 'my_app', 'a.b', 'ü', 'a'.repeat(64)])(
    'have a hostname that is a DNS label, not %j',
    (hostname) => {
      expect(() => new Tailnet({ hostname })).toThrow(expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_NAME' }));
    },
  );

  it('are refused with everything that is wrong', () => {
    const options = { hostname: 'x', controlUrl: 'headscale', tags: ['web'], ephemeral: 'yes', log: true };
    expect(() => new Tailnet(options as unknown as TailnetOptions)).toThrow(
      'controlUrl must be an http or https URL, got "headscale"; ephemeral must be a boolean, got "yes"; ' +
        'tags must be a list of tags such as tag:web, got ["web"]; log must be a function, got true.',
    );
    expect(() => new Tailnet(undefined as unknown as TailnetOptions)).toThrow(/hostname must be a string/);
  });

  it.each([
    [{ timeout: -1 }, 'timeout must be a number of milliseconds, got -1.'],
    [{ timeout: Infinity }, 'timeout must be a number of milliseconds, got Infinity.'],
    [{ login: 'maybe' }, 'login must be "wait" or "fail", got "maybe".'],
    [{ signal: {} }, 'signal must be an AbortSignal, got {}.'],
  ])('are refused by up, such as %j', async (options, message) => {
    const up = Tailnet.up({ hostname: 'x', ...(options as object) });
    await expect(up).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_OPTION', message });
  });

  it('are not enough to reach anything: the node must be up', async () => {
    await using node = new Tailnet({ hostname: 'x' });
    const calls = [
      () => node.status(),
      () => node.whois('x'),
      () => node.dial({ host: 'x', port: 1 }),
      () => node.certificate(),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED', message: /not up yet/ });
    }
  });
});
