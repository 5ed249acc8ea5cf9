import { spawn } from 'node:child_process';

/** Opens a URL in a browser: in that of `BROWSER`, or as the desktop does. Resolves with whether there was a program. */
export function openBrowser(url: string): Promise<boolean> {
  const program = process.env.BROWSER || (process.platform === 'darwin' ? 'open' : 'xdg-open');
  return new Promise((resolve) => {
    const browser = spawn(program, [url], { detached: true, stdio: 'ignore' });
    browser.once('error', () => resolve(false)).once('spawn', () => resolve(true));
    browser.unref();
  });
}

/** Returns the sequence that makes a terminal copy a text (OSC 52), which works over SSH too. */
export function copySequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
