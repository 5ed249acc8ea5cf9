import type { ExposeEvent } from '../../events.ts';
import type { ConnectedCaller } from '../../identity/identity.ts';
import type { Target } from '../../proxy/target/target-types.ts';
import type { Door } from '../../ui/screen/door-list.tsx';

/** Where an exposure shows its events: JSON lines, plain lines, or a live terminal. */
export interface Screen {
  show(event: ExposeEvent): void;
  /** Shows the doors of a sandbox. */
  showDoors(doors: Door[]): void;
  /** Shows a line of the node's own log. */
  log(line: string): void;
  /** The terminal that an app started by the command may use. @default none */
  readonly terminal?: AppTerminal | undefined;
  /** Shows a line that the app printed. @default as a line of the log */
  showOutput?(line: string): void;
  /** Shows what is going on in an exposure. */
  follow?(activity: Activity): void;
  /** Returns metrics of the exposure as text; undefined until it is followed. @default there are none */
  metrics?(): Promise<string | undefined>;
  /** Shows that the first Ctrl-C was received. */
  showStopping(): void;
  /** Restores the terminal and writes the remaining lines. */
  close(): Promise<void>;
}

/** What a started app gets of the terminal. */
export interface AppTerminal {
  /** Whether it reads the keys. */
  keys: boolean;
  /** Whether it may use colors. */
  color: boolean;
  columns: number;
}

/** What an exposure does, beyond its events. */
export interface Activity {
  /** Who is connected now. */
  readonly callers: readonly ConnectedCaller[];
  readonly targets: readonly Target[];
}

export interface ScreenOptions {
  json: boolean;
  /** The requested name. */
  name: string;
  /** Events left out of the plain lines and the live terminal. @default ['connection']: HTTP has its requests */
  hidden?: ExposeEvent['event'][];
  /** Whether an app that the command has started reads the keys. @default false */
  appReadsKeys?: boolean;
  /** Called once when the reader of standard output is gone. */
  onClosed: () => void;
  /** Called at every Ctrl-C that the screen reads as a key. @default as a signal */
  onInterrupt?: () => void;
}
