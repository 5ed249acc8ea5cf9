import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { TsexposeError } from '../../errors.ts';
import { agentLabel, launchdAgent, type ServiceOptions, systemdUnit } from './service-definition.ts';

const MAC = process.platform === 'darwin';

/** The file that makes a node a service of this user. */
export class ServiceFile {
  readonly name: string;
  readonly path: string;

  constructor(name: string) {
    this.name = name;
    this.path = join(directory(), MAC ? `${agentLabel(name)}.plist` : `tsexpose-${name}.service`);
  }

  write(options: ServiceOptions): void {
    const log = join(homedir(), 'Library', 'Logs', `tsexpose-${this.name}.log`);
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, MAC ? launchdAgent(options, log) : systemdUnit(options), { mode: 0o600 });
  }

  /** @throws `ERR_TSEXPOSE_NOT_FOUND` if there is none */
  remove(): void {
    const names = installed();
    if (names.includes(this.name)) {
      rmSync(this.path);
      return;
    }
    const message = names.length === 0 ? 'No service is installed.' : `No service is named ${this.name}.`;
    const suggestions = names.map((name) => `tsexpose service uninstall ${name}`);
    throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', message, {
      suggestions: names.length === 0 ? ['tsexpose service install 3000'] : suggestions,
    });
  }

  /** The commands that start it, now and at each login. */
  get start(): string[][] {
    if (MAC) return [['launchctl', 'bootstrap', domain(), this.path]];
    return [
      RELOAD,
      ['systemctl', '--user', 'enable', `tsexpose-${this.name}`],
      ['systemctl', '--user', 'restart', `tsexpose-${this.name}`],
    ];
  }

  /** The commands that stop it. */
  get stop(): string[][] {
    if (MAC) return [['launchctl', 'bootout', `${domain()}/${agentLabel(this.name)}`]];
    return [['systemctl', '--user', 'disable', '--now', `tsexpose-${this.name}`]];
  }
}

const RELOAD = ['systemctl', '--user', 'daemon-reload'];
const domain = () => `gui/${process.getuid?.()}`;

function directory(): string {
  if (MAC) return join(homedir(), 'Library', 'LaunchAgents');
  const { XDG_CONFIG_HOME: xdg } = process.env;
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.config'), 'systemd', 'user');
}

function installed(): string[] {
  if (!existsSync(directory())) return [];
  return readdirSync(directory()).flatMap((file) => /^tsexpose[-.](.+)\.(?:service|plist)$/.exec(file)?.[1] ?? []);
}

/** Runs commands; returns those that are left to the user, because the service manager cannot be reached. */
export function runCommands(commands: string[][]): string[] {
  for (const [index, [program = '', ...args]] of commands.entries()) {
    try {
      execFileSync(program, args, { stdio: 'ignore' });
    } catch {
      return commands.slice(index).map((words) => words.join(' '));
    }
  }
  return [];
}
