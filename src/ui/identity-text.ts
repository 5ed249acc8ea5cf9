import type { Identity } from '../identity/identity.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** Returns an identity as lines to read. */
export function identityText(identity: Identity): string {
  const { kind, login, name, groups, node, capabilities, ip } = identity;
  const rows: [string, string][] = [];
  if (kind === 'user') rows.push(['user', name && name !== login ? `${login} (${name})` : login]);
  else rows.push(['kind', KINDS[kind]]);
  if (groups.length > 0) rows.push(['groups', groups.join(', ')]);
  if (node) {
    rows.push(['device', [node.name, node.os && `(${node.os})`].filter(Boolean).join(' ')]);
    rows.push(['full name', node.fqdn]);
    if (node.tags.length > 0) rows.push(['tags', node.tags.join(', ')]);
  }
  rows.push(['addresses', (node?.ips.length ? node.ips : [ip]).join(', ')]);
  for (const [capability, values] of Object.entries(capabilities ?? {})) {
    rows.push(['capability', `${capability} ${values.map((value) => JSON.stringify(value)).join(' ')}`.trim()]);
  }
  return table(rows.map((row) => row.map(printable)));
}

const KINDS: Record<Exclude<Identity['kind'], 'user'>, string> = {
  tagged: 'tagged device',
  funnel: 'caller from the internet, through Funnel',
  unknown: 'unknown',
};
