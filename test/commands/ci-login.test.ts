import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxFederation } from '../../src/sandbox/state.ts';
import { Issuer } from '../cli/ci/login/issuer.ts';
import { GitLabApi } from '../cli/ci/report/gitlab-api.ts';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();
let issuer: Issuer;
let federation: SandboxFederation;
beforeAll(async () => {
  issuer = await Issuer.start();
  const subject = 'repo:acme/shop:*';
  federation = await sandbox().admin.newFederation({ issuer: issuer.url, subject, tags: ['tag:preview'] });
});
afterAll(() => issuer[Symbol.asyncDispose]());

const isReady = ({ stdout }: { stdout: string }) => stdout.includes(' -> ');

/** Starts a preview in a GitHub job that may request ID tokens. */
const start = (flags: string[], env: NodeJS.ProcessEnv = {}) =>
  surroundings().start(['ci', app().target, '--https', 'off', ...flags], {
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/shop', GITHUB_REF_NAME: 'main' },
    ...{ ...sandbox().env, ...issuer.env, ...env },
  });
const identity = () => ['--client-id', federation.clientId, '--tag', 'tag:preview'];

describe('a job that logs in with its identity', () => {
  it('has a tagged, ephemeral node, and neither token is printed', async () => {
    const run = start([...identity(), '--verbose']);
    await run.until(isReady);
    expect(await sandbox().admin.node('main-work')).toMatchObject({ tags: ['tag:preview'], ephemeral: true });
    const { stdout, stderr } = await run.stop();
    expect(issuer.issued.length).toBeGreaterThan(0);
    for (const secret of [...issuer.issued, issuer.requestToken]) expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toMatch(/tskey-(auth|api)-[0-9a-f]/);
  });

  it('has one with a token of GitLab in TS_ID_TOKEN', async () => {
    const run = start(identity(), {
      ...{ GITHUB_ACTIONS: '', ACTIONS_ID_TOKEN_REQUEST_URL: '', GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'next' },
      TS_ID_TOKEN: issuer.token(federation.audience),
    });
    await run.until(isReady);
    expect(await sandbox().admin.node('next-work')).toMatchObject({ tags: ['tag:preview'] });
    await run.stop();
  });

  it.each([
    ['a wrong audience', ['--audience', 'https://github.com/acme'], 'repo:acme/shop:pull_request'],
    ['a wrong subject', [], 'repo:mallory/shop:pull_request'],
  ])('is told what its token has when it is refused for %s', async (_, flags, subject) => {
    issuer.subject = subject;
    const { code, stderr } = await start([...identity(), ...flags]).ended;
    issuer.subject = 'repo:acme/shop:pull_request';
    const aud = flags[1] ?? federation.audience;
    expect(stderr).toContain('error: The ID token of this job was not accepted: 403 Unauthorized');
    expect(stderr).toContain(`its sub: ${subject}\n`);
    expect(stderr).toContain(`its aud: ${aud}`);
    expect(stderr).toContain(`by default: ${federation.audience}`);
    expect(stderr).toContain(`its iss: ${issuer.url}\n`);
    expect(code).toBe(1);
  });

  it('is told that a token was requested for another audience', async () => {
    const token = issuer.token('https://gitlab.example.com');
    const { stderr } = await start(identity(), { TS_ID_TOKEN: token }).ended;
    expect(stderr).toContain(`its aud: https://gitlab.example.com (expected: ${federation.audience}`);
    expect(stderr).toContain(`try: Request a token for ${federation.audience}`);
    expect(stderr).not.toContain(token);
  });

  it.each([
    ['may not request a token', { ACTIONS_ID_TOKEN_REQUEST_URL: '' }, 'permissions: { id-token: write'],
    ['has a request token that GitHub refuses', { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'other-token' }, '401 Unauthorized'],
    ['has a tag that the identity does not', { TSEXPOSE_TAG: 'tag:prod' }, 'No auth key for tag:prod'],
    ['has no tag', { TSEXPOSE_TAG: '' }, '--tag tag:preview'],
  ])('is told so when it %s', async (_, env, sentence) => {
    const flags = 'TSEXPOSE_TAG' in env ? identity().slice(0, 2) : identity();
    const { code, stderr } = await start(flags, env).ended;
    expect(stderr).toContain(sentence);
    expect(code).toBe(1);
  });
});

describe('a GitLab job', () => {
  it('has a note on its merge request, which says when the preview is gone, and variables for later jobs', async () => {
    await using api = await GitLabApi.start();
    const directory = join(surroundings().root, 'work');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{ "name": "shop" }');
    const run = start([], {
      ...{ GITHUB_ACTIONS: '', GITLAB_CI: 'true', CI_PROJECT_DIR: directory, CI_API_V4_URL: api.url, CI_JOB_ID: '7' },
      ...{ GITLAB_TOKEN: api.token, CI_PROJECT_ID: '10', CI_MERGE_REQUEST_IID: '5' },
      ...{ CI_MERGE_REQUEST_PROJECT_ID: '10', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '10' },
      TS_AUTHKEY: sandbox().authKey('tag:ci'),
    });
    await run.until(isReady);
    const url = 'http://pr-5-shop.sandbox.ts.net';
    await expect.poll(() => api.notes[0]?.body, { timeout: 10_000 }).toContain(url);
    expect(readFileSync(join(directory, 'tsexpose.env'), 'utf8')).toContain(`TSEXPOSE_PREVIEW_URL=${url}\n`);
    const { stdout, stderr } = await run.stop('SIGTERM');
    expect(api.notes).toHaveLength(1);
    expect(api.notes[0]!.body).toContain('This preview is gone');
    expect(stdout + stderr).not.toContain(api.token);
  });
});
