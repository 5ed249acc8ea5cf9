import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ENTRY, sharedApp, sharedSurroundings } from '../commands/run.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { duration, medianRatio } from './ratio.ts';

/** Runs Node.js until it exits, and returns the milliseconds that takes. */
const run = (...args: string[]) => duration(() => void spawnSync(process.execPath, args, { stdio: 'ignore' }));
const plain = () => run('-e', '0');

// bench/start.mjs measures the same exactly; here is a margin for a busy machine.
describe('the start takes not much longer than that of Node.js', { timeout: 60_000 }, () => {
  const sandbox = sharedSandbox();
  const surroundings = sharedSurroundings();
  const app = sharedApp();

  it('to tell the version', async () => {
    expect(await medianRatio(() => run(ENTRY, '--version'), plain)).toBeLessThan(2.3);
  });

  it('to show the help', async () => {
    expect(await medianRatio(() => run(ENTRY, '--help'), plain)).toBeLessThan(2.9);
  });

  it('to put an app on the tailnet', async () => {
    sandbox();
    const ready = async () => {
      const words = [app().target, '--name', 'start', '--ephemeral', '--https', 'off', '--json'];
      const started = surroundings().start(words, envOf('alice'));
      const ms = await duration(() => started.event('ready'));
      await started.stop();
      return ms;
    };
    expect(await medianRatio(ready, plain)).toBeLessThan(5.5);
  });
});
