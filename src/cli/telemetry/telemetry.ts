import type { Server } from 'node:http';
import type { ExposeEvent, RequestEvent } from '../../events.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import type { Recording } from '../flags/log-flags.ts';
import type { Shutdown } from '../run/shutdown.ts';
import type { Activity, AppTerminal, Screen } from '../screen/screen.ts';
import type { AccessLog } from './access-log.ts';
import type { Metrics } from './metrics.ts';
import { withoutQueryValues } from './query.ts';

/** A screen that also records requests. What records them is loaded only if it is used. */
export class Telemetry implements Screen {
  readonly #screen: Screen;
  readonly #shown: (event: ExposeEvent) => ExposeEvent;
  readonly #logged: (event: ExposeEvent) => ExposeEvent;
  #log: AccessLog | undefined;
  #metrics: Metrics | undefined;
  #server: Server | undefined;
  #activity: Activity | undefined;
  #running = false;

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
      if (recording.metrics !== undefined) await telemetry.#serveMetrics(recording.metrics);
      return telemetry;
    } catch (error) {
      await telemetry.close();
      throw error;
    }
  }

  async #openLog(options: NonNullable<Recording['accessLog']>, shutdown: Shutdown): Promise<void> {
    const { AccessLog } = await import('./access-log.ts');
    const onTrouble = (message: string) => this.show({ event: 'warning', code: 'ACCESS_LOG', message });
    const log = new AccessLog({ ...options, onTrouble });
    shutdown.onHangup = () => log.reopen();
    this.#log = log;
  }

  async #serveMetrics(port: number): Promise<void> {
    const { metricsUrl, serveMetrics } = await import('./metrics-server.ts');
    this.#metrics = new (await import('./metrics.ts')).Metrics();
    this.#server = await serveMetrics(port, () => this.metrics());
    this.log(`metrics at ${metricsUrl(this.#server)}`);
  }

  /** Returns the metrics as text. Without `--metrics`, counting begins when they are first asked for. */
  async metrics(): Promise<string | undefined> {
    const { checkTargets, Metrics } = await import('./metrics.ts');
    this.#metrics ??= new Metrics();
    if (!this.#activity) return undefined;
    const { callers, targets } = this.#activity;
    const connections = callers.reduce((sum, caller) => sum + caller.connections, 0);
    return this.#metrics.text({ running: this.#running, connections, targets: await checkTargets(targets) });
  }

  show(event: ExposeEvent): void {
    this.#metrics?.observe(event);
    if (event.event === 'state') this.#running = event.state === 'running';
    if (event.event === 'closed') this.#running = false;
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
    this.#activity = activity;
    this.#screen.follow?.(activity);
  }

  showStopping(): void {
    this.#screen.showStopping();
  }

  async close(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.#log?.close();
    await this.#screen.close();
  }
}
