import { printable } from './printable.ts';

/** One request of the demo: who sent it, and what the app received. */
export interface DemoCall {
  who: string;
  /** Whether the caller is a user rather than a tagged device. */
  person: boolean;
  /** The headers that the app received, in their order. */
  headers: [name: string, value: string][];
}

/** Longest value that is printed in full: a picture can be a URL of hundreds of characters that contains all of it. */
const LONGEST = 60;

/** Returns a request of the demo as lines. */
export function demoText({ who, person, headers }: DemoCall): string {
  const lines = headers.map(([name, value]) => `  ${printable(name)}: ${shortened(printable(value))}`);
  if (!person) lines.push('  (no Tailscale-User-* headers: a tagged device is not a user)');
  return [`${printable(who)} opens the app, which receives:`, ...lines].join('\n');
}

function shortened(value: string): string {
  return value.startsWith('data:') && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
