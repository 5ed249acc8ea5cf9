import { EXIT } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { type Launcher, launcher } from '../background/launcher.ts';
import type { Screen } from '../screen/screen.ts';
import type { Shutdown } from './shutdown.ts';

/** Returns a screen that also tells the process in the foreground how this one starts; in the foreground, the screen. */
export function tellLauncher(screen: Screen, shutdown: Shutdown): Screen {
  const background = launcher();
  if (!background) return screen;
  background.onGone(() => shutdown.end({ reason: 'the process that started this one has ended', exit: EXIT.failed }));
  return new BackgroundScreen(screen, background);
}

/** Writes to the log, and shows the start to the process in the foreground. */
class BackgroundScreen implements Screen {
  readonly #log: Screen;
  readonly #launcher: Launcher;

  constructor(log: Screen, launcher: Launcher) {
    this.#log = log;
    this.#launcher = launcher;
  }

  show(event: ExposeEvent): void {
    this.#log.show(event);
    void this.#launcher.tell({ event });
  }

  showDoors(doors: Door[]): void {
    this.#log.showDoors(doors);
    void this.#launcher.tell({ doors });
  }

  log(line: string): void {
    this.#log.log(line);
    void this.#launcher.tell({ line });
  }

  showStopping(): void {
    this.#log.showStopping();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
