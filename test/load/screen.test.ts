import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshSurroundings, localApp } from '../commands/run.ts';
import { noTmux, Terminal } from '../commands/terminal.ts';

const surroundings = freshSurroundings();

/** Sends requests over 16 connections for some time, and returns how many were answered. */
async function load(url: string, ms: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const end = performance.now() + ms;
  let count = 0;
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      get(url, { agent }, (response) => response.resume().once('end', resolve)).once('error', reject);
    });
  const client = async () => {
    for (; performance.now() < end; count++) await ask();
  };
  await Promise.all(Array.from({ length: 16 }, client));
  agent.destroy();
  return count;
}

describe.skipIf(noTmux)('the screen of a busy app', () => {
  it('counts every request, and draws a few times a second without clearing', async () => {
    await using app = await localApp();
    await using terminal = new Terminal(surroundings(), [app.target, '--sandbox', '--https', 'off'], {}, { rows: 24 });
    const [, url] = await terminal.until(/bob@example\.com +(http:\S+)/);
    await terminal.until(/● running/);
    const written = join(surroundings().root, 'written');
    terminal.tmux('pipe-pane', '-o', `cat > '${written}'`);
    const seconds = 3;
    const count = await load(url!, seconds * 1000);
    expect(count / seconds).toBeGreaterThan(300);
    await terminal.until(new RegExp(`^${count.toLocaleString('en')} requests · `, 'm'));
    const bytes = readFileSync(written, 'latin1');
    const frames = bytes.split('\x1b[?2026h').length - 1;
    // One frame every tenth of a second, and a few for what follows.
    expect(frames).toBeLessThan(12 * (seconds + 2));
    expect(bytes).not.toContain('\x1b[2J');
    expect(bytes).not.toContain('\x1b[3J');
    // What scrolls by is a sample, and says so.
    expect(terminal.text).toMatch(/^… and [\d,]+ more requests$/m);
  });
});
