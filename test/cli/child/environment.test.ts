import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../../src/cli/child/environment.ts';

const env = Object.fromEntries(
  [
    ...['TS_AUTHKEY', 'TS_ID_TOKEN', 'TS_CLIENT_ID', 'TS_AUDIENCE', 'TSEXPOSE_FUNNEL_AUTH'],
    ...['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_RUNTIME_TOKEN'],
    ...['GITHUB_TOKEN', 'GH_TOKEN', 'GITLAB_TOKEN', 'CI_JOB_TOKEN', 'BUILDKITE_AGENT_ACCESS_TOKEN'],
    ...['PATH', 'GITHUB_SHA', 'NODE_AUTH_TOKEN', 'API_TOKEN'],
  ].map((name) => [name, 'x']),
);
const kept = ['PATH', 'GITHUB_SHA', 'NODE_AUTH_TOKEN', 'API_TOKEN'];
const jobTokens = ['GITHUB_TOKEN', 'GH_TOKEN', 'GITLAB_TOKEN', 'CI_JOB_TOKEN', 'BUILDKITE_AGENT_ACCESS_TOKEN'];

describe('the environment of an app', () => {
  it('has nothing that a node could log in with', () => {
    expect(Object.keys(childEnvironment(env))).toEqual([...jobTokens, ...kept]);
  });

  it('tells Vite the hosts that callers use, besides those that it knows', () => {
    const hosts = ['myapp', '.ts.net', '*'];
    const name = '__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS';
    expect(childEnvironment({}, { hosts })).toEqual({ [name]: 'myapp,.ts.net' });
    expect(childEnvironment({ [name]: 'a.example' }, { hosts })).toEqual({ [name]: 'a.example,myapp,.ts.net' });
    expect(childEnvironment({ [name]: 'a.example' })).toEqual({ [name]: 'a.example' });
  });

  it('in a job has no token of the job', () => {
    expect(Object.keys(childEnvironment(env, { inJob: true }))).toEqual(kept);
  });

  it('in a job has the tokens that are passed on, and never those of the node', () => {
    const pass = ['GITHUB_TOKEN', 'TS_AUTHKEY', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
    expect(Object.keys(childEnvironment(env, { inJob: true, pass }))).toEqual(['GITHUB_TOKEN', ...kept]);
  });
});
