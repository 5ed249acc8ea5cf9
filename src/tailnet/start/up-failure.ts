import { TsexposeError } from '../../errors.ts';
import type { NodeState } from '../../events.ts';

/** Returns the error of a node that did not come up within `timeout` milliseconds; `health` may tell why. */
export function upTimedOut(timeout: number, state: NodeState, health: readonly string[]): TsexposeError {
  const seconds = `${timeout / 1000} s`;
  if (state === 'needs-approval') {
    return new TsexposeError('ERR_TSEXPOSE_APPROVAL_NEEDED', `The node waited ${seconds} for an admin to approve it.`, {
      suggestions: ['Approve the device on the machines page of the admin console.'],
    });
  }
  const because = health.length > 0 ? `: ${health.join(' ')}` : '.';
  const late = `The node could not join the tailnet within ${seconds}${because}`;
  if (health.some((message) => message.includes('rate limited'))) {
    return new TsexposeError('ERR_TSEXPOSE_RATE_LIMIT', late, {
      suggestions: ['Start again later, or allow more time with --timeout.'],
    });
  }
  const message = state === 'needs-login' ? `The node waited ${seconds} for a login${because}` : late;
  return new TsexposeError('ERR_TSEXPOSE_TIMEOUT', message, {
    suggestions: ['Check the network and --control-url, or allow more time with --timeout.'],
  });
}

/** Returns the error of a node that needs a login while nothing waits for one. */
export function loginNeeded(url: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_LOGIN_NEEDED', `The node needs to log in: ${url}`, {
    suggestions: [
      'Set TS_AUTHKEY or --auth-key to an auth key for your tailnet.',
      'Run the command in a terminal and open the URL.',
    ],
  });
}

/** Returns the error of a node that the control server has told to exit. */
export function dismissed(reason: string): TsexposeError {
  const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
  return new TsexposeError('ERR_TSEXPOSE_CONTROL', sentence, {
    suggestions: ['Ask the administrator of the control server why, and start again.'],
  });
}
