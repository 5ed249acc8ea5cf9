// What both ends know when a caller's dials fail: network maps, pings, packets and logs, as files in a directory.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NAME } from './exposure.mjs';

/** Records so many times; what comes later looks the same. */
const LIMIT = 5;

export class Evidence {
  /** Where it is; undefined while there is none. */
  directory;
  #root;
  #records = 0;
  #pending = [];

  constructor(root, { sandbox, exposure, sandboxLog }) {
    this.#root = resolve(root);
    Object.assign(this, { sandbox, exposure, sandboxLog });
  }

  /** Starts a record about a caller. */
  collect(caller, error) {
    if (this.#records >= LIMIT) return;
    const directory = join(this.#root, `${++this.#records}-${caller.id.replace(':', '-')}`);
    this.directory = this.#root;
    mkdirSync(directory, { recursive: true });
    this.#pending.push(this.#collect(caller, error, directory));
  }

  /** Resolves when all records are written. */
  async written() {
    await Promise.all(this.#pending);
  }

  async #collect(caller, error, directory) {
    const { sandbox, exposure } = this;
    const localApi = (method, path) => exposure.ask('localApi', method, path);
    const save = async (file, value) => {
      const content = await Promise.resolve(value).catch((reason) => `could not be found out: ${reason.message}`);
      const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
      writeFileSync(join(directory, file), text);
    };
    await save('fault.txt', `${new Date().toISOString()} ${error.stack}\n`);
    const { nodes = [] } = await sandbox.admin.state().catch(() => ({}));
    const callers = nodes.filter(({ login, name }) => [login, name].includes(caller.who));
    const ping = (ip, kind) => localApi('POST', `ping?ip=${ip}&type=${kind}`).catch(String);
    await Promise.all([
      save('sandbox-state.json', sandbox.admin.state()),
      // A dial, with the packets that the caller sends and gets.
      save('caller.json', sandbox.admin.diagnose(caller.id, `${NAME}:80`, { pcap: join(directory, 'caller.pcap') })),
      save('node-status.json', localApi('GET', 'status')),
      save('node-metrics.txt', localApi('GET', 'metrics')),
      save('node-goroutines.txt', localApi('GET', 'goroutines')),
      ...callers.map(async ({ name, ips: [ip] }) =>
        save(`node-pings-${name}.json`, Promise.all(['disco', 'TSMP', 'ICMP'].map((kind) => ping(ip, kind)))),
      ),
    ]);
    await save('node.log', String(exposure.log));
    await save('node-events.ndjson', String(exposure.events));
    await save('sandbox.log', String(this.sandboxLog));
  }
}
