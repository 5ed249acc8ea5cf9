import { describe, expect, it } from 'vitest';
import { Tailnet, type TailnetOptions } from '../../src/native/tailnet.ts';
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
    const options = { hostname: 'x', tags: 'tag:web', ephemeral: 'yes', log: true };
    expect(() => new Tailnet(options as unknown as TailnetOptions)).toThrow(
      'ephemeral has to be a boolean, got "yes"; tags has to be a list of strings, got "tag:web"; ' +
        'log has to be a function, got true.',
    );
    expect(() => new Tailnet(undefined as unknown as TailnetOptions)).toThrow(/hostname has to be a string/);
  });

  it('are not enough to reach anything: the node has to be up', async () => {
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
