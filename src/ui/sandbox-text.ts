import { printable } from './printable.ts';
import { table } from './table.ts';

/** What the sandbox command shows about a running sandbox. */
export interface SandboxFacts {
  controlUrl: string;
  /** Users and tags that a node can join as, and the auth key of each. */
  members: { who: string; authKey: string }[];
  doors: { who: string; target: string; url: string }[];
  /** Environment for other programs that start nodes in it. */
  env: Record<string, string>;
}

/** Returns a running sandbox as text: how to join it, and which doors are open. */
export function sandboxText({ controlUrl, members, doors, env }: SandboxFacts): string {
  // Without the environment below, a node would request its certificates from the internet.
  const join = (key: string) =>
    `tsexpose 3000 --name myapp --ephemeral --https off --control-url ${controlUrl} --auth-key ${key}`;
  const sections = [
    'A private tailnet on this machine. Nothing leaves the machine, and nothing is kept when it stops.',
    `Control server\n  ${controlUrl}`,
    `Join as\n${indent(table(members.map(({ who, authKey }) => [printable(who), join(authKey)])))}`,
  ];
  if (doors.length > 0) {
    const rows = doors.map(({ who, target, url }) => [printable(who), `to ${printable(target)}`, url]);
    sections.push(`Doors\n${indent(table(rows))}`);
  }
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  sections.push(`Environment for other programs\n${indent(variables.join('\n'))}`, 'Ctrl-C to stop');
  return sections.join('\n\n');
}

/** Quotes a value for a shell, if it has to be. */
const quoted = (value: string) => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);

const indent = (text: string) => text.replace(/^/gm, '  ');
