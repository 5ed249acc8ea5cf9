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

/** Variables that CI services set. */
const CI_VARIABLES = ['CI', 'CONTINUOUS_INTEGRATION'];

/** Returns whether standard output is a terminal to draw on. A CI log is not, even if it claims to be one. */
export function isLiveTerminal(): boolean {
  // An empty variable is as good as none. Ink would take it for CI, and draw nothing.
  for (const name of CI_VARIABLES) if (process.env[name] === '') delete process.env[name];
  const inCi = CI_VARIABLES.some((name) => !['false', '0', undefined].includes(process.env[name]));
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !inCi;
}

/** Returns whether a person could read a login URL and open it. */
export function isInteractive(): boolean {
  return process.stdout.isTTY === true || process.stderr.isTTY === true;
}
