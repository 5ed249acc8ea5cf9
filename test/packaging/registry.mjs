// A registry on loopback with the packed tarballs. What they depend on comes from the registry that npm is set up for.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts it with a Node.js that verdaccio runs on, and returns its address; `close` ends it. */
export async function startRegistry(node, tools, folder) {
  mkdirSync(folder, { recursive: true });
  const uplink = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  const config = {
    storage: join(folder, 'storage'),
    uplinks: { upstream: { url: uplink, maxage: '1d', timeout: '60s' } },
    // Ours come from here only, and everything else from there only.
    packages: { tsexpose: ours, '@tsexpose/*': ours, '**': { access: '$all', proxy: 'upstream' } },
    max_body_size: '100mb',
    log: { type: 'stdout', format: 'json', level: 'warn' },
    web: { enable: false },
  };
  const file = join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const program = join(tools, 'node_modules/verdaccio/bin/verdaccio');
  const child = spawn(node, [program, '--config', file, '--listen', `127.0.0.1:${await freePort()}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said += `${line}\n`;
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line);
      if (found) resolve(`${found[0]}/`);
    });
    child.once('exit', () => reject(new Error(`verdaccio did not start:\n${said}`)));
  });
  return { url, publish: (tarballs, tag) => publish(url, folder, tarballs, tag), close: () => child.kill() };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Publishes every tarball in a folder. */
function publish(url, folder, tarballs, tag = 'latest') {
  const npmrc = join(folder, 'publisher.npmrc');
  writeFileSync(npmrc, `registry=${url}\n${url.replace('http:', '')}:_authToken=anyone\n`);
  for (const name of readdirSync(tarballs).filter((file) => file.endsWith('.tgz'))) {
    const args = ['publish', join(tarballs, name), '--userconfig', npmrc, '--ignore-scripts', '--tag', tag];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  }
}
