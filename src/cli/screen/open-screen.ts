import { JsonScreen } from './json-screen.ts';
import { PlainScreen } from './plain-screen.ts';
import type { Screen, ScreenOptions } from './screen.ts';

/** Opens the screen that suits the flags and the terminal. */
export async function openScreen(options: ScreenOptions): Promise<Screen> {
  if (!options.json && isLiveTerminal()) {
    // React and ink are loaded only for a live terminal.
    const { TerminalScreen } = await import('./terminal-screen.tsx');
    return new TerminalScreen(options);
  }
  return options.json ? new JsonScreen(options) : new PlainScreen(options);
}

/** Returns whether standard output is a terminal to draw on. A CI log is not, even if it claims to be one. */
export function isLiveTerminal(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
}

/** Returns whether a person could read a login URL and open it. */
export function isInteractive(): boolean {
  return process.stdout.isTTY === true || process.stderr.isTTY === true;
}
