import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { TerminalInput } from './terminal-job.ts';

/** Escape sequences that keys such as the arrows send, or a single character. */
const KEY = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)|[\s\S]/gu;

/** The keys of a terminal, one at a time; they are not echoed, and none is left for the shell. */
export class Keyboard implements TerminalInput {
  readonly #onKey: (key: string) => void;

  /** @param onKey Called with a character, or with the escape sequence of a key that has none. */
  constructor(onKey: (key: string) => void) {
    this.#onKey = onKey;
    // A terminal that is gone; SIGHUP says so too.
    process.stdin.on('error', () => {});
  }

  take(): void {
    process.stdin.setRawMode(true);
    process.stdin.setEncoding('utf8').on('data', this.#read).resume();
  }

  release(): void {
    process.stdin.off('data', this.#read).pause();
    discardKeys();
    process.stdin.setRawMode(false);
  }

  #read = (text: string): void => {
    for (const key of text.match(KEY) ?? []) this.#onKey(key);
  };
}

/** A terminal whose keys an app reads that the command has started. Ctrl-C and Ctrl-Z stay signals. */
export class AppKeyboard implements TerminalInput {
  take(): void {
    stty('-echo');
  }

  release(): void {
    // The app may not have read them; in raw mode, a line does not have to be complete.
    process.stdin.setRawMode(true);
    discardKeys();
    process.stdin.setRawMode(false);
    stty('echo');
  }
}

/** Raw mode as ink sets it, which a stopped process has to leave. */
export class InkKeyboard implements TerminalInput {
  #wasRaw = false;

  take(): void {
    if (this.#wasRaw) process.stdin.setRawMode(true);
  }

  release(): void {
    this.#wasRaw = process.stdin.isTTY && process.stdin.isRaw;
    if (this.#wasRaw) process.stdin.setRawMode(false);
  }
}

/** Reads what was typed and not read, so that the shell does not run it. */
function discardKeys(): void {
  try {
    const terminal = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const buffer = Buffer.alloc(1024);
      while (readSync(terminal, buffer) > 0);
    } finally {
      closeSync(terminal);
    }
  } catch {
    // Nothing is left, or there is no terminal any more.
  }
}

// Node.js can only turn echo off together with the signals of Ctrl-C and Ctrl-Z.
function stty(setting: string): void {
  spawnSync('stty', [setting], { stdio: ['inherit', 'ignore', 'ignore'] });
}
