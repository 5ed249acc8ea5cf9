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
  close(): Promise<void>;
}

/** The open ports of a node, which close with it. */
export class Ports {
  readonly #ports = new Set<Port>();
  #closing = false;

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

  close(): void {
    this.#closing = true;
    for (const port of this.#ports) port.close();
  }
}
