import type { Protocol } from './runner.mjs';

const upgrades = 'general path: only WebSockets get a tunnel';
const expect = 'general path: Node responds to Expect before the app is asked';
const interim = 'general path: undici takes a 100 that it did not ask for as a broken response';

/** The cases that tsexpose is expected to fail today, and what they wait for. */
export const expectedFailures: Record<Protocol, Record<string, string>> = {
  'http/1.1': {
    'message/expect-refused': expect,
    'message/expect-no-answer': expect,
    'message/expect-accepted': interim,
    'message/continue-unasked': interim,
    'message/continue-twice': interim,
    'message/half-closed': 'general path: Node ends the connection of a caller that has ended its side',
    'upgrade/tcp': upgrades,
    'upgrade/tcp-without-body': upgrades,
    'upgrade/spdy': upgrades,
    'upgrade/another-token': upgrades,
  },
  h2: {
    'message/expect-accepted': interim,
    'message/continue-unasked': interim,
    'message/continue-twice': interim,
  },
};
