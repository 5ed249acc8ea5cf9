/** Callers for the chat's tests, as whois reports them. */

import { createHash } from 'node:crypto';
import type { Chat } from '../../src/chat/room/chat.ts';
import type { ServerEvent } from '../../src/chat/room/event.ts';
import { type CloseReason, Session } from '../../src/chat/room/session.ts';
import type { Identity } from '../../src/identity/identity.ts';

const MODERATE = { 'tsexpose.dev/cap/chat': [{ moderate: true }] };

export function user(login: string, more: Partial<Identity> = {}): Identity {
  const [short = ''] = login.split('@');
  const name = `${short.charAt(0).toUpperCase()}${short.slice(1)} Example`;
  const userId = String(Number.parseInt(createHash('sha256').update(login).digest('hex').slice(0, 12), 16));
  const node = {
    id: `n${short}CNTRL`,
    name: `${short}-laptop`,
    fqdn: `${short}-laptop.tail1.ts.net`,
    ips: [],
    os: 'linux',
    tags: [],
  };
  return { kind: 'user', login, name, picture: '', userId, groups: [], node, ip: '100.64.0.1', port: 4711, ...more };
}

export const alice = user('alice@example.com');
export const bob = user('bob@example.com');
export const moderator = user('mona@example.com', { capabilities: MODERATE });
export const ci: Identity = {
  ...user('ci@example.com'),
  kind: 'tagged',
  login: '',
  name: '',
  userId: '',
  node: { id: 'nCiCNTRL', name: 'ci-runner', fqdn: 'ci-runner.tail1.ts.net', ips: [], os: 'linux', tags: ['tag:ci'] },
};

type Of<T extends ServerEvent['type']> = Extract<ServerEvent, { type: T }>;

/** A connection that records its events. */
export interface Tab {
  session: Session;
  events: ServerEvent[];
  closed: CloseReason | undefined;
  of<T extends ServerEvent['type']>(type: T): Of<T>[];
  last<T extends ServerEvent['type']>(type: T): Of<T>;
  say(text: string, ref?: string): void;
  texts(): string[];
}

let refs = 0;

/** Connects a caller, which is not in a room yet. */
export function connect(chat: Chat, identity: Identity, options?: { host?: boolean }): Tab {
  const events: ServerEvent[] = [];
  const tab = {
    events,
    closed: undefined as CloseReason | undefined,
    of: (type: string) => events.filter((event) => event.type === type),
    last(type: string) {
      const found = events.findLast((event) => event.type === type);
      if (!found) throw new Error(`expected a ${type} event, got: ${events.map((event) => event.type).join(', ')}`);
      return found;
    },
    texts: () => events.flatMap((event) => (event.type === 'message' ? [event.text] : [])),
    say: (text: string, ref = `r${refs++}`) => tab.session.receive({ type: 'say', ref, text }),
  } as Tab;
  const session = chat.connect(
    identity,
    {
      send: (event) => events.push(event),
      close: (reason) => {
        tab.closed = reason;
      },
    },
    options,
  );
  if (!(session instanceof Session)) throw new Error(`expected a session, got rejected: ${session}`);
  tab.session = session;
  return tab;
}

/** Connects a caller and enters a room. */
export function enter(chat: Chat, identity: Identity, room = 'lobby', since?: string): Tab {
  const tab = connect(chat, identity);
  tab.session.receive({ type: 'hello', room, ...(since ? { since } : {}) });
  return tab;
}
