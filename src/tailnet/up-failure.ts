import { TsexposeError } from '../errors.ts';
import type { NodeState } from '../events.ts';

/** The error of a node that did not come up within `timeout` milliseconds; `health` may tell why. */
export function upTimedOut(timeout: number, state: NodeState, health: readonly string[]): TsexposeError {
  const waited = `The node waited ${timeout / 1000} s`;
  if (state === 'needs-approval') {
    return new TsexposeError('ERR_TSEXPOSE_APPROVAL_NEEDED', `${waited} for an admin to approve it.`, {
      suggestions: ['Approve the device on the machines page of the admin console.'],
    });
  }
  const goal = state === 'needs-login' ? 'for a login' : 'to join the tailnet';
  const because = health.length > 0 ? `: ${health.join(' ')}` : '.';
  return new TsexposeError('ERR_TSEXPOSE_TIMEOUT', `${waited} ${goal}${because}`, {
    suggestions: ['Check the network and --control-url, or allow more time with --timeout.'],
  });
}

/** The error of a node that needs a login while nothing waits for one. */
export function loginNeeded(url: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_LOGIN_NEEDED', `The node needs to log in: ${url}`, {
    suggestions: [
      'Set TS_AUTHKEY or --auth-key to an auth key for your tailnet.',
      'Run the command in a terminal and open the URL.',
    ],
  });
}

/** The error of a node that the control server has told to exit. */
export function dismissed(reason: string): TsexposeError {
  const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
  return new TsexposeError('ERR_TSEXPOSE_CONTROL', sentence, {
    suggestions: ['Ask the administrator of the control server why, and start again.'],
  });
}
