import type { NodeState } from '../events.ts';

/** What each state of the node means to the person who waits for it. */
export const STATE_WORDS: Record<NodeState, string> = {
  starting: 'starting',
  'needs-login': 'waiting for a login',
  'needs-approval': "waiting for an admin's approval",
  running: 'running',
  stopped: 'stopped',
};
