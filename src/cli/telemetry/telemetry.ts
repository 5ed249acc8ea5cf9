import type { ExposeEvent, RequestEvent } from '../../events.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import type { Recording } from '../flags/log-flags.ts';
import type { Shutdown } from '../run/shutdown.ts';
import type { Activity, AppTerminal, Screen } from '../screen/screen.ts';
import type { AccessLog } from './access-log.ts';
import { withoutQueryValues } from './query.ts';

/** A screen that also records requests. What records them is loaded only if it is used. */
export class Telemetry implements Screen {
  readonly #screen: Screen;
  readonly #shown: (event: ExposeEvent) => ExposeEvent;
  readonly #logged: (event: ExposeEvent) => ExposeEvent;
  #log: AccessLog | undefined;

  private constructor(screen: Screen, { logQuery }: Recording, live: boolean) {
    const same = (event: ExposeEvent) => event;
    this.#screen = screen;
    this.#logged = logQuery ? same : withoutQueryValues;
    // What a live terminal shows is not kept.
    this.#shown = live ? same : this.#logged;
  }

  /**
   * Opens what the flags ask for.
   *
   * @param live whether the screen is a live terminal
   */
  static async open(screen: Screen, recording: Recording, shutdown: Shutdown, live: boolean): Promise<Telemetry> {
    const telemetry = new Telemetry(screen, recording, live);
    try {
      if (recording.accessLog) await telemetry.#openLog(recording.accessLog, shutdown);
      return telemetry;
    } catch (error) {
      await screen.close();
      throw error;
    }
  }

  async #openLog(options: { path: string; format: 'json' | 'common' | 'combined' }, shutdown: Shutdown): Promise<void> {
    const { AccessLog } = await import('./access-log.ts');
    const onTrouble = (message: string) => this.show({ event: 'warning', code: 'ACCESS_LOG', message });
    const log = new AccessLog({ ...options, onTrouble });
    shutdown.onHangup = () => log.reopen();
    this.#log = log;
  }

  show(event: ExposeEvent): void {
    if (event.event === 'request') this.#log?.write(this.#logged(event) as RequestEvent);
    this.#screen.show(this.#shown(event));
  }

  showDoors(doors: Door[]): void {
    this.#screen.showDoors(doors);
  }

  log(line: string): void {
    this.#screen.log(line);
  }

  get terminal(): AppTerminal | undefined {
    return this.#screen.terminal;
  }

  showOutput(line: string): void {
    if (this.#screen.showOutput) this.#screen.showOutput(line);
    else this.#screen.log(line);
  }

  follow(activity: Activity): void {
    this.#screen.follow?.(activity);
  }

  showStopping(): void {
    this.#screen.showStopping();
  }

  async close(): Promise<void> {
    await this.#log?.close();
    await this.#screen.close();
  }
}
