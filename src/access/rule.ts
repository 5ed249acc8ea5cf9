/** One rule of `--allow` or `--deny`. */
import { BlockList, isIP } from 'node:net';
import { TsexposeError } from '../errors.ts';
import { asciiLower } from '../identity/ascii.ts';
import type { Identity } from '../identity/identity.ts';
import { Problems } from '../problems.ts';
import { isCapabilityName } from './capability.ts';

/** A rule as it was written, and the callers it matches. */
export interface Rule {
  text: string;
  matches(identity: Identity): boolean;
}

const EXAMPLES = [
  'alice@example.com',
  '*@example.com',
  'tag:ci',
  'cap:example.com/cap/preview',
  'node:alice-laptop',
  '100.64.0.0/24',
];

/**
 * Parses the rules of one flag; each item may be a comma-separated list.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a text that is not a rule; several are reported at once
 */
export function parseRules(flag: string, items: readonly string[]): Rule[] {
  const problems = new Problems();
  const texts = items.flatMap((item) => item.split(',').map((part) => part.trim()));
  const rules = texts.map((text) => problems.check(() => parseRule(flag, text))!);
  // rule: a text that is not a rule is refused
  problems.throw();
  return rules;
}

function parseRule(flag: string, text: string): Rule {
  const rule = readRule(text);
  if (typeof rule !== 'string') return rule;
  const message = `${flag}: ${JSON.stringify(text)} is not a rule. ${rule}.`;
  const suggestions = EXAMPLES.map((example) => `${flag} '${example}'`);
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions });
}

/** Returns the rule, or what to write instead. */
function readRule(text: string): Rule | string {
  if (text.startsWith('tag:')) return parseTag(text);
  if (text.startsWith('cap:')) return parseCapability(text);
  if (text.startsWith('node:')) return parseNode(text);
  // rule: groups are refused, because a node does not learn them — mutate: 'group:' => 'group::'
  if (text.startsWith('group:') || text.startsWith('autogroup:')) {
    return 'A node does not learn the groups of a caller: grant the group a capability and use cap:NAME';
  }
  if (text.includes('@')) return parseLogin(text);
  return parseAddress(text);
}

function parseLogin(text: string): Rule | string {
  const at = text.lastIndexOf('@');
  const user = text.slice(0, at);
  const domain = asciiLower(text.slice(at + 1));
  if (user === '' || domain === '' || domain.includes('*') || /\s/.test(text)) {
    return 'Try a login such as alice@example.com, or *@example.com for a whole domain';
  }
  if (user === '*') {
    // rule: a domain is that of a user — mutate: kind === 'user' && =>
    // rule: a domain is matched as a whole — mutate: === domain => .endsWith(domain)
    return { text, matches: ({ kind, login }) => kind === 'user' && domainOf(login) === domain };
  }
  if (user.includes('*')) return 'A star stands for the whole part before the @: *@example.com';
  const wanted = asciiLower(text);
  // rule: a login is that of a user — mutate: kind === 'user' && =>
  return { text, matches: ({ kind, login }) => kind === 'user' && asciiLower(login) === wanted };
}

function domainOf(login: string): string {
  const at = login.lastIndexOf('@');
  return at < 0 ? '' : asciiLower(login.slice(at + 1));
}

function parseTag(text: string): Rule | string {
  // The control server's own rule for tags.
  if (!/^tag:[A-Za-z][A-Za-z0-9-]*$/.test(text)) return 'Try a tag such as tag:ci';
  // rule: a tag is that of a tagged device — mutate: kind === 'tagged' && =>
  // rule: a tag is matched as a whole — mutate: includes(text) => some((tag) => tag.startsWith(text))
  return { text, matches: ({ kind, node }) => kind === 'tagged' && (node?.tags.includes(text) ?? false) };
}

function parseCapability(text: string): Rule | string {
  const name = text.slice('cap:'.length);
  if (!isCapabilityName(name)) return 'Try a capability such as cap:example.com/cap/preview';
  // rule: a capability is that of a known caller — mutate: isPeer(identity) && =>
  return { text, matches: (identity) => isPeer(identity) && Object.hasOwn(identity.capabilities ?? {}, name) };
}

function parseNode(text: string): Rule | string {
  const name = asciiLower(text.slice('node:'.length)).replace(/\.$/, '');
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) return 'Try a device such as node:alice-laptop';
  // rule: a device is that of a known caller — mutate: isPeer(identity) && =>
  return {
    text,
    matches: (identity) =>
      isPeer(identity) &&
      (asciiLower(identity.node?.name ?? '') === name || asciiLower(identity.node?.fqdn ?? '') === name),
  };
}

function parseAddress(text: string): Rule | string {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) {
    return /^[\w.-]+$/.test(text)
      ? `Try ${text}@example.com for a person, or node:${text} for a device`
      : 'Try alice@example.com, *@example.com, tag:ci, cap:example.com/cap/x, node:alice-laptop or 100.64.0.0/24';
  }
  // BlockList takes an IPv4 address for its mapped form, but not the other way around: such a rule would never match.
  // rule: an IPv4 address in its mapped form is refused
  if (/^::ffff:/i.test(address)) return 'Write an IPv4 address as such: 100.64.0.1';
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > (family === 4 ? 32 : 128))
    return `The prefix length goes from 0 to ${family === 4 ? 32 : 128}`;
  const block = new BlockList();
  block.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  // A relay reports the address of a Funnel caller, which is no reason to let anyone in.
  // rule: an address allows no one from the internet — mutate: identity.kind !== 'funnel' && =>
  return { text, matches: (identity) => identity.kind !== 'funnel' && addressesOf(identity).some(isIn(block)) };
}

/** Returns every address of the caller's device, whichever of them the connection comes from. */
function addressesOf(identity: Identity): string[] {
  // rule: a rule about an address holds for all addresses of a known device, and of no other
  // mutate: ...(identity.node?.ips ?? []) =>
  // mutate: isPeer(identity) ? => true ?
  return isPeer(identity) ? [identity.ip, ...(identity.node?.ips ?? [])] : [identity.ip];
}

function isIn(block: BlockList): (ip: string) => boolean {
  return (ip) => isIP(ip) !== 0 && block.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6');
}

function isPeer(identity: Identity): boolean {
  return identity.kind === 'user' || identity.kind === 'tagged';
}
