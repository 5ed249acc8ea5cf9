import { printable } from './printable.ts';
import { table } from './table.ts';

/** What there is to know about a running sandbox. */
export interface SandboxFacts {
  controlUrl: string;
  /** Who a node can join as, and with which key. */
  members: { who: string; authKey: string }[];
  doors: { who: string; target: string; url: string }[];
  /** Environment for programs whose nodes live in it. */
  env: Record<string, string>;
}

/** A running sandbox, as text: how to join it, and what is open. */
export function sandboxText({ controlUrl, members, doors, env }: SandboxFacts): string {
  // Without the environment below, certificates would be asked for on the internet.
  const join = `tsexpose 3000 --name myapp --ephemeral --https off --control-url ${controlUrl} --auth-key`;
  const sections = [
    'A private tailnet on this machine. Nothing of it leaves the machine, nothing stays when it ends.',
    `Control server\n  ${controlUrl}`,
    `Join as\n${indent(table(members.map(({ who, authKey }) => [printable(who), `${join} ${authKey}`])))}`,
  ];
  if (doors.length > 0) {
    const rows = doors.map(({ who, target, url }) => [printable(who), `to ${printable(target)}`, url]);
    sections.push(`Doors\n${indent(table(rows))}`);
  }
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  sections.push(`Environment for other programs\n${indent(variables.join('\n'))}`, 'Ctrl-C to stop');
  return sections.join('\n\n');
}

const indent = (text: string) => text.replace(/^/gm, '  ');
