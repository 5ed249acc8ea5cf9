import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runChecks } from '../../src/cli/doctor/checks.ts';
import { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from './pair.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Damage to a state directory: what is in the file, or undefined for a directory in its place. */
const DAMAGE: [string, string, string | undefined][] = [
  ['half an object', 'tailscaled.state', '{"half'],
  ['an array', 'tailscaled.state', '[]'],
  ['null', 'tailscaled.state', 'null'],
  ['a number', 'tailscaled.state', '1'],
  ['a value that is a number', 'tailscaled.state', '{"a":1}'],
  ['a value that is not Base64', 'tailscaled.state', '{"_machinekey":"?"}'],
  ['a bad machine key', 'tailscaled.state', JSON.stringify({ _machinekey: base64('privkey:12') })],
  ['bad profiles', 'tailscaled.state', JSON.stringify({ _profiles: base64('[') })],
  ['bad preferences', 'tailscaled.state', JSON.stringify({ 'profile-1': base64('null') })],
  ['a binary file', 'tailscaled.state', '\u0000\u0001'],
  ['a directory', 'tailscaled.state', undefined],
  ['a log configuration of half an object', 'tailscaled.log.conf', '{"half'],
  ['a directory as log configuration', 'tailscaled.log.conf', undefined],
];

describe('damaged state', () => {
  const sandbox = useSandbox();
  const scratch = mkdtempSync(path.join(tmpdir(), 'tsexpose-state-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each(DAMAGE)('is an error when there is %s, and stays as it is', async (what, name, content) => {
    const stateDir = path.join(scratch, what);
    const file = path.join(stateDir, name);
    mkdirSync(stateDir);
    if (content === undefined) mkdirSync(path.join(file, 'inside'), { recursive: true });
    else writeFileSync(file, content);
    const options = {
      hostname: 'damaged',
      stateDir,
      controlUrl: sandbox().controlUrl,
      authKey: sandbox().authKey('alice'),
    };
    const node = new Tailnet(options);
    await expect(node.up({ timeout: 10_000 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_STATE_DIR',
      message: expect.stringContaining(file),
      suggestions: expect.arrayContaining([expect.stringContaining('--reset-state')]),
    });
    await node.close();
    const kept = content === undefined ? readdirSync(file) : readFileSync(file, 'utf8');
    expect(kept).toEqual(content ?? ['inside']);

    const checks = [];
    for await (const check of runChecks({ name: 'damaged', stateDir, controlUrl: options.controlUrl }))
      checks.push(check);
    expect(checks).toContainEqual(
      expect.objectContaining({ about: 'state', verdict: 'fault', message: expect.stringContaining(file) }),
    );

    const fresh = await join('alice', 'damaged', { stateDir, resetState: true });
    expect(fresh.state).toBe('running');
    await fresh.close();
    const [copy] = readdirSync(stateDir).filter((entry) => entry.startsWith(`${name}.bak-`));
    const copied = path.join(stateDir, copy!);
    expect(content === undefined ? readdirSync(copied) : readFileSync(copied, 'utf8')).toEqual(kept);
  });

  it('is not seen in what a node has written', async () => {
    const stateDir = path.join(scratch, 'intact');
    const first = await join('alice', 'intact', { stateDir, ephemeral: false });
    const { ips } = first;
    await first.close();
    const second = await join('alice', 'intact', { stateDir, ephemeral: false, authKey: undefined });
    expect(second.ips).toEqual(ips);
    await second.close();
    const third = await join('alice', 'intact', { stateDir, resetState: true });
    expect(third.ips).not.toEqual(ips);
    await third.close();
  });
});
