import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJob } from '../../../../src/cli/ci/job/job.ts';
import { refuseForks } from '../../../../src/cli/ci/preview.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsx-job-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A job of the repository acme/shop, for an event with this payload. */
function github(payload: unknown, env: NodeJS.ProcessEnv = {}) {
  const path = join(directory, 'event.json');
  writeFileSync(path, typeof payload === 'string' ? payload : JSON.stringify(payload));
  return readJob({
    ...{ GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/shop', GITHUB_EVENT_PATH: path, GITHUB_SHA: 'merge' },
    ...env,
  });
}

const pullRequest = (head: string | undefined) => ({
  pull_request: {
    number: 7,
    head: { ref: 'feature', sha: 'last', repo: head === undefined ? null : { full_name: head } },
    base: { repo: { full_name: 'acme/shop' } },
  },
});

describe('a GitHub job', () => {
  it('for a pull request knows its number, branch and last commit', () => {
    const job = github(pullRequest('acme/shop'), {
      ...{ GITHUB_REF: 'refs/pull/7/merge', GITHUB_RUN_ID: '99', GITHUB_RUN_ATTEMPT: '2', GITHUB_JOB: 'preview' },
    });
    expect(job).toEqual({
      ...{ service: 'github', pullRequest: 7, branch: 'feature', commit: 'last', fork: undefined },
      ...{ run: '99-2-preview', logUrl: 'https://github.com/acme/shop/actions/runs/99' },
    });
  });

  it('for a push knows its branch', () => {
    const job = github({}, { GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main' });
    expect(job).toMatchObject({ pullRequest: undefined, branch: 'main', commit: 'merge', fork: undefined });
  });

  it.each([
    ['from a fork', pullRequest('mallory/shop'), {}, 'mallory/shop'],
    ['from a repository that was deleted', pullRequest(undefined), {}, 'an unknown repository'],
    ['without a payload', '', { GITHUB_REF: 'refs/pull/7/merge' }, 'an unknown repository'],
    ['with a comment on it', { issue: { number: 7, pull_request: {} } }, {}, 'an unknown repository'],
    [
      'whose first workflow has run',
      { workflow_run: { head_repository: { full_name: 'mallory/shop' }, pull_requests: [] } },
      {},
      'mallory/shop',
    ],
  ])('for a pull request %s is a fork’s', (_, payload, env, fork) => {
    expect(github(payload, env).fork).toBe(fork);
  });

  it('is not a fork’s because the letters of the name have another case', () => {
    expect(github(pullRequest('Acme/Shop')).fork).toBeUndefined();
  });
});

describe('a GitLab job', () => {
  const merge = {
    ...{ GITLAB_CI: 'true', CI_MERGE_REQUEST_IID: '5', CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'feature', CI_JOB_ID: '1' },
    ...{ CI_MERGE_REQUEST_PROJECT_ID: '10', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '10', CI_COMMIT_SHA: 'abc' },
  };

  it('knows its merge request', () => {
    expect(readJob(merge)).toMatchObject({
      pullRequest: 5,
      branch: 'feature',
      commit: 'abc',
      fork: undefined,
      run: '1',
    });
  });

  it('knows a fork', () => {
    const fork = { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '11', CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'mallory/shop' };
    expect(readJob({ ...merge, ...fork }).fork).toBe('mallory/shop');
  });
});

describe('a Buildkite job', () => {
  const build = {
    ...{ BUILDKITE: 'true', BUILDKITE_PULL_REQUEST: '3', BUILDKITE_BRANCH: 'feature', BUILDKITE_COMMIT: 'abc' },
    ...{ BUILDKITE_REPO: 'git@github.com:acme/shop.git' },
  };

  it('knows its pull request, however the repository is spelled', () => {
    const same = { BUILDKITE_PULL_REQUEST_REPO: 'https://github.com/Acme/shop' };
    expect(readJob({ ...build, ...same })).toMatchObject({ pullRequest: 3, branch: 'feature', fork: undefined });
  });

  it('knows a fork, and a branch', () => {
    const fork = { BUILDKITE_PULL_REQUEST_REPO: 'git://github.com/mallory/shop.git' };
    expect(readJob({ ...build, ...fork }).fork).toBe('github.com/mallory/shop');
    const branch = readJob({ ...build, BUILDKITE_PULL_REQUEST: 'false' });
    expect(branch).toMatchObject({ pullRequest: undefined, fork: undefined });
  });
});

describe('a pull request of a fork', () => {
  it('is refused, unless forks are allowed', () => {
    const job = github(pullRequest('mallory/shop'));
    expect(() => refuseForks(job, false)).toThrow(/^Pull request 7 comes from mallory\/shop/);
    refuseForks(job, true);
    refuseForks(github(pullRequest('acme/shop')), false);
  });
});
