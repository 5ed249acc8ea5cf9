// Writes oclif.manifest.json, from which a start knows all commands without loading any.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Plugin } from '@oclif/core';
import { loadCommands } from '../dist/bin.js';

/** The program as a plugin whose commands are in the bundle, where oclif would look for a file each. */
class Program extends Plugin {
  #commands = loadCommands();

  async getCommandIDs() {
    return Object.keys(await this.#commands);
  }

  async findCommand(id) {
    return Object.assign((await this.#commands)[id], { id, plugin: this });
  }
}

const root = dirname(import.meta.dirname);
const plugin = new Program({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true });
await plugin.load();
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
