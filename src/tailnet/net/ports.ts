import { nodeClosedError, TsexposeError } from '../../errors.ts';

/**
 * Checks a tailnet port; 0 stands for one that the node picks.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkPort(port: unknown, lowest = 0): asserts port is number {
  if (Number.isInteger(port) && (port as number) >= lowest && (port as number) <= 65_535) return;
  const got = typeof port === 'string' ? JSON.stringify(port) : String(port);
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Expected a port from ${lowest} to 65535, got ${got}.`);
}

interface Port {
  readonly port: number;
  close(): Promise<void>;
}

interface Listener extends Port {
  readonly listening: boolean;
  once(event: 'closing', run: () => void): unknown;
}

/** The ports that Node and operating systems pick from. */
const PICKED = { first: 49_152, count: 16_384 };

/** The open ports of a node, which close with it. */
export class Ports {
  readonly #ports = new Set<Port>();
  /** Ports that are about to open, by number. */
  readonly #opening = new Map<number, Promise<unknown>>();
  #closing = false;

  /** Opens a port, once whatever else is opening or closing there has done so. */
  open<Opened extends Listener>(port: number, open: () => Promise<Opened>): Promise<Opened> {
    const waiting = port === 0 ? [] : [this.#opening.get(port), ...this.#closed(port)].filter(Boolean);
    // Not even a tick later without need: what connects right after this finds the port open.
    const before = waiting.length > 0 ? Promise.allSettled(waiting).then(open) : open();
    const opening = before.then((opened) => {
      opened.once('closing', () => this.delete(opened));
      return this.add(opened);
    });
    if (port !== 0) this.#track(port, opening);
    return opening;
  }

  /**
   * Adds a port that has just been opened.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NODE_CLOSED`, after closing the port, when the node is already closing
   */
  async add<Opened extends Port>(port: Opened): Promise<Opened> {
    if (this.#closing) throw await port.close().then(nodeClosedError);
    this.#ports.add(port);
    return port;
  }

  /** Removes a port that has closed. */
  delete(port: Port): void {
    this.#ports.delete(port);
  }

  /** Returns a number at random that is not taken. */
  pick(): number {
    for (;;) {
      const number = PICKED.first + Math.floor(Math.random() * PICKED.count);
      if (!this.#opening.has(number) && ![...this.#ports].some(({ port }) => port === number)) return number;
    }
  }

  close(): void {
    this.#closing = true;
    for (const port of this.#ports) port.close();
  }

  /** Waits for listeners on a port that are closing. */
  *#closed(number: number): Generator<Promise<void>> {
    for (const port of this.#ports) {
      if (port.port === number && (port as Partial<Listener>).listening === false) yield port.close();
    }
  }

  #track(port: number, opening: Promise<unknown>): void {
    this.#opening.set(port, opening);
    const done = () => {
      if (this.#opening.get(port) === opening) this.#opening.delete(port);
    };
    opening.then(done, done);
  }
}
