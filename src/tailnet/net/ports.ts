import { nodeClosedError } from '../../errors.ts';

interface Port {
  close(): Promise<void>;
}

/** What is open on a node, and closes with it. */
export class Ports {
  readonly #ports = new Set<Port>();
  #closing = false;

  /**
   * Takes up a port that has been opened.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NODE_CLOSED`, with the port closed, where the node has begun to close
   */
  async add<Opened extends Port>(port: Opened): Promise<Opened> {
    if (this.#closing) throw await port.close().then(nodeClosedError);
    this.#ports.add(port);
    return port;
  }

  /** Forgets a port that is closed. */
  delete(port: Port): void {
    this.#ports.delete(port);
  }

  close(): void {
    this.#closing = true;
    for (const port of this.#ports) port.close();
  }
}
