import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FreshState } from '../../../src/cli/run/fresh-state.ts';

/** The profile is what Tailscale keeps of a login, and removes when the node logs out. */
const PROFILE = { '_current-profile': Buffer.from('profile-1').toString('base64') };
const LOGGED_IN = JSON.stringify({ ...PROFILE, 'profile-1': 'e30=' });
const LOGGED_OUT = JSON.stringify(PROFILE);

let root: string;
let directory: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsexpose-fresh-'));
  directory = join(root, 'tsexpose', 'server', 'myapp');
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (state: string, at = directory) => writeFileSync(join(at, 'tailscaled.state'), state);
const left = () => readdirSync(root, { recursive: true }).sort();

describe('FreshState', () => {
  it('removes the directories it created if the node never logged in', () => {
    const state = new FreshState(directory);
    write('{"_machinekey":"x"}');
    state.removeUnused();
    expect(left()).toEqual([]);
  });

  it('can only be read by its owner', () => {
    new FreshState(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('removes the directories it created if the node has logged out', () => {
    const state = new FreshState(directory);
    write(LOGGED_OUT);
    state.removeUnused();
    expect(left()).toEqual([]);
  });

  it('keeps the state of a node that has logged in', () => {
    const state = new FreshState(directory);
    write(LOGGED_IN);
    state.removeUnused();
    expect(left()).toContain('tsexpose/server/myapp/tailscaled.state');
  });

  it('keeps a directory that existed before', () => {
    mkdirSync(directory, { recursive: true });
    write('{"_machinekey":"x"}');
    new FreshState(directory).removeUnused();
    expect(left()).toContain('tsexpose/server/myapp/tailscaled.state');
  });

  it('keeps the state that another node has created next to it', () => {
    const state = new FreshState(directory);
    const other = join(root, 'tsexpose', 'other');
    mkdirSync(other);
    write(LOGGED_IN, other);
    state.removeUnused();
    expect(left()).toEqual(['tsexpose', 'tsexpose/other', 'tsexpose/other/tailscaled.state']);
  });

  it('ignores a directory that cannot be created', () => {
    writeFileSync(join(root, 'file'), '');
    new FreshState(join(root, 'file', 'state')).removeUnused();
    expect(left()).toEqual(['file']);
  });
});
