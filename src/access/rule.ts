/** One rule of `--allow` or `--deny`. */
import { BlockList, isIP } from 'node:net';
import { TsexposeError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { isCapabilityName } from './capability.ts';

/** A rule as it was written, and whom it means. */
export interface Rule {
  text: string;
  matches(identity: Identity): boolean;
}

/**
 * Reads the rules of one flag; each item may be a comma-separated list.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION naming every rule that cannot be read
 */
export function parseRules(flag: string, items: readonly string[]): Rule[] {
  const rules: Rule[] = [];
  const problems: string[] = [];
  for (const item of items) {
    for (const part of item.split(',')) {
      const text = part.trim();
      const rule = parseRule(text);
      if (typeof rule === 'string') problems.push(`${JSON.stringify(text)}: ${rule}`);
      else rules.push(rule);
    }
  }
  if (problems.length === 0) return rules;
  throw new TsexposeError(
    'ERR_TSEXPOSE_INVALID_OPTION',
    `${flag} has a rule that means nobody. ${problems.join('; ')}.`,
    {
      suggestions: [
        'alice@example.com',
        '*@example.com',
        'tag:ci',
        'cap:example.com/cap/preview',
        'node:alice-laptop',
        '100.64.0.0/24',
      ].map((rule) => `${flag} '${rule}'`),
    },
  );
}

/** The rule, or what is wrong with it. */
function parseRule(text: string): Rule | string {
  if (text === '') return 'a rule is empty';
  if (text.startsWith('tag:')) return parseTag(text);
  if (text.startsWith('cap:')) return parseCapability(text);
  if (text.startsWith('node:')) return parseNode(text);
  if (text.startsWith('group:') || text.startsWith('autogroup:')) {
    return 'a node does not learn the groups of a caller; grant the group a capability and use cap:NAME';
  }
  if (text.includes('@')) return parseLogin(text);
  return parseAddress(text);
}

function parseLogin(text: string): Rule | string {
  const at = text.lastIndexOf('@');
  const user = text.slice(0, at);
  const domain = text.slice(at + 1).toLowerCase();
  if (user === '' || domain === '' || domain.includes('*') || /\s/.test(text)) {
    return 'expected a login (alice@example.com) or all of a domain (*@example.com)';
  }
  if (user === '*') {
    return { text, matches: ({ kind, login }) => kind === 'user' && domainOf(login) === domain };
  }
  if (user.includes('*')) return 'only a whole user part can be a star: *@example.com';
  const wanted = text.toLowerCase();
  return { text, matches: ({ kind, login }) => kind === 'user' && login.toLowerCase() === wanted };
}

function domainOf(login: string): string {
  const at = login.lastIndexOf('@');
  return at < 0 ? '' : login.slice(at + 1).toLowerCase();
}

function parseTag(text: string): Rule | string {
  // The control plane's own rule for tags.
  if (!/^tag:[A-Za-z][A-Za-z0-9-]*$/.test(text)) return 'expected a tag such as tag:ci';
  return { text, matches: ({ kind, node }) => kind === 'tagged' && (node?.tags.includes(text) ?? false) };
}

function parseCapability(text: string): Rule | string {
  const name = text.slice('cap:'.length);
  if (!isCapabilityName(name)) return 'expected a capability such as cap:example.com/cap/preview';
  return { text, matches: (identity) => isPeer(identity) && Object.hasOwn(identity.capabilities ?? {}, name) };
}

function parseNode(text: string): Rule | string {
  const name = text.slice('node:'.length).toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) return 'expected a device such as node:alice-laptop';
  return {
    text,
    matches: (identity) =>
      isPeer(identity) && (identity.node?.name.toLowerCase() === name || identity.node?.fqdn.toLowerCase() === name),
  };
}

function parseAddress(text: string): Rule | string {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) {
    return /^[\w.-]+$/.test(text)
      ? `expected a login with its domain (${text}@example.com), or node:${text} for a device`
      : 'expected a login, tag:NAME, cap:NAME, node:NAME, an address or a network';
  }
  // BlockList takes an IPv4 address for its mapped form, but not the other way round: such a rule would match nobody.
  if (/^::ffff:/i.test(address)) return 'write an IPv4 address as one, such as 100.64.0.1';
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > (family === 4 ? 32 : 128)) return 'the prefix length is out of range';
  const block = new BlockList();
  block.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  // The source of a funnel visitor is what a relay reports: no ground to let somebody in.
  return { text, matches: (identity) => identity.kind !== 'funnel' && contains(block, identity.ip) };
}

function contains(block: BlockList, ip: string): boolean {
  const family = isIP(ip);
  return family !== 0 && block.check(ip, family === 4 ? 'ipv4' : 'ipv6');
}

function isPeer(identity: Identity): boolean {
  return identity.kind === 'user' || identity.kind === 'tagged';
}
