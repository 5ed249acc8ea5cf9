/** Counts requests, and returns the counts in the text format of Prometheus. */
import type { ExposeEvent, RequestEvent } from '../../events.ts';
import { listens } from '../../proxy/target/probe.ts';
import type { Target } from '../../proxy/target/target-types.ts';

/** Upper bounds in seconds: those of Prometheus' own clients. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** For a long range of ports, the first few targets are enough. */
const MOST_TARGETS = 20;

/** What is measured rather than counted. */
export interface Gauges {
  /** Whether the node is connected to the tailnet. */
  running: boolean;
  /** Connections that callers have open. */
  connections: number;
  targets: { url: string; up: boolean }[];
}

type Labels = Record<string, string>;

/** A counter with labels. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(labels: Labels, by = 1): void {
    const key = labelText(labels);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  lines(name: string): string[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([labels, count]) => `${name}${labels} ${count}`);
  }
}

/** The metrics of an exposure. */
export class Metrics {
  readonly #requests = new Counts();
  readonly #bytes = new Counts();
  readonly #errors = new Counts();
  readonly #connections = new Counts();
  readonly #durations = new Array<number>(BUCKETS.length).fill(0);
  #count = 0;
  #seconds = 0;

  observe(event: ExposeEvent): void {
    if (event.event === 'connection') this.#connections.add({ caller: event.caller.kind });
    if (event.event === 'request') this.#observeRequest(event);
  }

  #observeRequest({ status, ms, bytes, caller, error }: RequestEvent): void {
    // Without a response there is no class.
    this.#requests.add({ status: status === 0 ? 'none' : `${Math.floor(status / 100)}xx`, caller: caller.kind });
    this.#bytes.add({ caller: caller.kind }, bytes);
    if (error) this.#errors.add({ error });
    const seconds = ms / 1000;
    this.#count++;
    this.#seconds += seconds;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#durations[bucket]!++;
  }

  /** Returns all of them as text. */
  text({ running, connections, targets }: Gauges): string {
    const up = new Counts();
    for (const { url, up: isUp } of targets) up.add({ target: url }, Number(isUp));
    return [
      ...family(
        'requests_total',
        'counter',
        'Requests, by class of the status and kind of the caller.',
        this.#requests,
      ),
      ...family('response_bytes_total', 'counter', 'Bytes of response bodies.', this.#bytes),
      ...family(
        'target_errors_total',
        'counter',
        'Requests that failed at the target, by RFC 9209 error.',
        this.#errors,
      ),
      ...family('connections_total', 'counter', 'Connections of callers.', this.#connections),
      ...this.#histogram('request_duration_seconds'),
      ...family('open_connections', 'gauge', 'Connections that callers have open.', gauge(connections)),
      ...family('target_up', 'gauge', 'Whether the target accepts connections.', up),
      ...family('node_running', 'gauge', 'Whether the node is connected to the tailnet.', gauge(Number(running))),
      '',
    ].join('\n');
  }

  #histogram(name: string): string[] {
    const buckets = new Counts();
    let below = 0;
    const lines = BUCKETS.map((bound, i) => {
      below += this.#durations[i]!;
      return `tsexpose_${name}_bucket${labelText({ le: String(bound) })} ${below}`;
    });
    return [
      ...family(name, 'histogram', 'Time from the first byte of a request to the last byte of its response.', buckets),
      ...lines,
      `tsexpose_${name}_bucket${labelText({ le: '+Inf' })} ${this.#count}`,
      `tsexpose_${name}_sum ${this.#seconds}`,
      `tsexpose_${name}_count ${this.#count}`,
    ];
  }
}

function family(name: string, type: string, help: string, counts: Counts): string[] {
  return [`# HELP tsexpose_${name} ${help}`, `# TYPE tsexpose_${name} ${type}`, ...counts.lines(`tsexpose_${name}`)];
}

function gauge(value: number): Counts {
  const counts = new Counts();
  counts.add({}, value);
  return counts;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

/** Tries a connection to each target. */
export function checkTargets(targets: readonly Target[]): Promise<Gauges['targets']> {
  return Promise.all(
    targets.slice(0, MOST_TARGETS).map(async (target) => ({ url: target.url, up: await listens(target) })),
  );
}
