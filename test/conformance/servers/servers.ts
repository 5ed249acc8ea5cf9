/** Real servers that say of each request what they have read: `METHOD PATH LOGIN LENGTH`. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.ts';
import { isLeftOut } from '../../requirement.ts';

export type ServerName = keyof typeof SERVERS;

interface Command {
  /** The program, its arguments, and what its output has once it listens, with its port unless that was given. */
  run: [program: string, ...args: string[]];
  listening: RegExp;
}

const file = (name: string) => join(import.meta.dirname, name);

const SERVERS = {
  gunicorn: (): Command => ({
    run: ['gunicorn', '-k', 'gthread', '--threads', '4', '-b', '127.0.0.1:0', '--chdir', import.meta.dirname, 'wsgi'],
    listening: /Listening at: http:\/\/127\.0\.0\.1:(\d+)/,
  }),
  // Its own server is `http11-socket`, which keeps connections open, each on a thread.
  uwsgi: (): Command => ({
    run: [
      'uwsgi',
      ...['--die-on-term', '--plugin', 'python3', '--http11-socket', '127.0.0.1:0', '--threads', '64'],
      ...['--disable-logging', '--wsgi-file', file('wsgi.py')],
    ],
    listening: /bound to TCP address 127\.0\.0\.1:(\d+)[\s\S]*spawned uWSGI/,
  }),
  nginx: (port: number, directory: string): Command => {
    const config = join(directory, 'config');
    writeFileSync(config, nginx(port, directory));
    return { run: ['nginx', '-e', 'stderr', '-c', config], listening: /using the/ };
  },
  Go: (_: number, directory: string): Command => {
    const program = join(directory, 'server');
    const { status, stderr } = spawnSync('go', ['build', '-o', program, file('main.go')], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return { run: [program], listening: /port (\d+)/ };
  },
  'http.server': (): Command => ({ run: ['python3', '-u', file('http_server.py')], listening: /port (\d+)/ }),
};

const INSTALL: Record<ServerName, string> = {
  gunicorn: 'apt-get install gunicorn',
  uwsgi: 'apt-get install uwsgi-core uwsgi-plugin-python3',
  nginx: 'apt-get install nginx',
  Go: 'install Go',
  'http.server': 'apt-get install python3',
};
const VERSION: Record<ServerName, [string, string]> = {
  gunicorn: ['gunicorn', '--version'],
  uwsgi: ['uwsgi', '--version'],
  nginx: ['nginx', '-v'],
  Go: ['go', 'version'],
  'http.server': ['python3', '--version'],
};
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** The servers that are installed, and in CI all of them. */
export const installed = (Object.keys(SERVERS) as ServerName[]).filter(
  (name) => !isLeftOut(name, spawnSync(VERSION[name][0], [VERSION[name][1]], { env }).status === 0, INSTALL[name]),
);

export interface RunningServer {
  port: number;
  /** Returns the lines of the requests since the last call. */
  requests(): string[];
  close(): Promise<void>;
}

export async function startServer(name: ServerName): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  const free = await freePort();
  const { run, listening } = SERVERS[name](free, directory);
  const [program, ...args] = run;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let seen = 0;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString('latin1');
      const found = listening.exec(output);
      if (found) resolve(Number(found[1] ?? free));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(() => reject(new Error(`${name} ended: ${output}`)));
  });
  return {
    port,
    requests: () => {
      // nginx cannot open a socket as its log.
      const log = join(directory, 'log');
      const text = existsSync(log) ? readFileSync(log, 'latin1') : output;
      const lines = [...text.matchAll(/^request (.*)$/gm)].map(([, line]) => line!);
      const found = lines.slice(seen);
      seen = lines.length;
      return found;
    },
    close: async () => {
      child.kill('SIGTERM');
      // uWSGI waits for its threads.
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000);
      await exited;
      clearTimeout(timer);
      rmSync(directory, { recursive: true });
    },
  };
}

function nginx(port: number, directory: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off; master_process off; pid ${directory}/pid; error_log stderr notice;
events {}
http {
  log_format request 'request $request_method $request_uri $http_tailscale_user_login $request_length';
  access_log ${directory}/log request;
  ${paths.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    return 200 "$request_method $request_uri $http_tailscale_user_login\\n";
  }
}
`;
}
