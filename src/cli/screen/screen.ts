import type { ExposeEvent } from '../../events.ts';
import type { Door } from '../../ui/screen/door-list.tsx';

/** Where an exposure shows its events: JSON lines, plain lines, or a live terminal. */
export interface Screen {
  show(event: ExposeEvent): void;
  /** Shows the doors of a sandbox. */
  showDoors(doors: Door[]): void;
  /** Shows a line of the node's own log. */
  log(line: string): void;
  /** Shows that the first Ctrl-C was received. */
  showStopping(): void;
  /** Restores the terminal and writes the remaining lines. */
  close(): Promise<void>;
}

export interface ScreenOptions {
  json: boolean;
  /** The requested name. */
  name: string;
  /** Events left out of the plain lines and the live terminal. @default ['connection']: HTTP has its requests */
  hidden?: ExposeEvent['event'][];
  /** Called once when the reader of standard output is gone. */
  onClosed: () => void;
}
