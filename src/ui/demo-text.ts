import { printable } from './printable.ts';

/** What a service was told when somebody opened it. */
export interface Visit {
  who: string;
  /** Whether the visitor is a person. */
  person: boolean;
  /** The headers that the service received, in their order. */
  headers: [name: string, value: string][];
}

/** A visit as lines. */
export function visitText({ who, person, headers }: Visit): string {
  const lines = headers.map(([name, value]) => `  ${printable(name)}: ${printable(value)}`);
  if (!person) lines.push('  (no Tailscale-User-* header: a tagged device is no person)');
  return [`${printable(who)} opens it. The service receives:`, ...lines].join('\n');
}
