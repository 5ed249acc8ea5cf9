/** What a CI service says about the job, read from the variables that it sets. */
import { readFileSync } from 'node:fs';

/** The job that runs the command. */
export interface Job {
  service: 'github' | 'gitlab' | 'buildkite' | 'other';
  /** Number of the pull or merge request. */
  pullRequest?: number | undefined;
  /** The branch that is built, or that of the pull request. */
  branch?: string | undefined;
  /** The commit that is built; for a pull request, its last one. */
  commit?: string | undefined;
  /** Where the code comes from, if that is another repository than the one that runs the job. */
  fork?: string | undefined;
  /** This run; a run that is repeated is another one. */
  run: string;
  /** The page with the log of the job. */
  logUrl?: string | undefined;
}

type Env = NodeJS.ProcessEnv;

/** Reads the variables of the CI service. */
export function readJob(env: Env): Job {
  if (env.GITHUB_ACTIONS === 'true') return githubJob(env);
  if (env.GITLAB_CI === 'true') return gitlabJob(env);
  if (env.BUILDKITE === 'true') return buildkiteJob(env);
  return { service: 'other', run: `${process.pid}` };
}

/** A pull request in the payload of an event, as far as it is of interest here. */
interface PullRequest {
  number?: number;
  head?: { ref?: string; sha?: string; repo?: { full_name?: string } | null };
  base?: { repo?: { full_name?: string } };
}

interface EventPayload {
  pull_request?: PullRequest;
  /** A comment on a pull request is one on an issue. */
  issue?: { number?: number; pull_request?: unknown };
  workflow_run?: {
    head_branch?: string;
    head_sha?: string;
    head_repository?: { full_name?: string } | null;
    pull_requests?: { number?: number }[];
  };
}

function githubJob(env: Env): Job {
  const payload = readPayload(env.GITHUB_EVENT_PATH);
  const { pull_request: request, issue, workflow_run: cause } = payload;
  const [, fromRef] = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '') ?? [];
  const commented = issue?.pull_request ? issue.number : undefined;
  const { GITHUB_REPOSITORY: repository = '', GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_RUN_ID } = env;
  return {
    service: 'github',
    pullRequest: request?.number ?? number(fromRef) ?? commented ?? cause?.pull_requests?.[0]?.number,
    branch: request?.head?.ref ?? cause?.head_branch ?? (env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME || undefined),
    commit: request?.head?.sha ?? cause?.head_sha ?? env.GITHUB_SHA,
    fork: githubFork(payload, env),
    run: `${GITHUB_RUN_ID ?? ''}-${env.GITHUB_RUN_ATTEMPT ?? ''}-${env.GITHUB_JOB ?? ''}`,
    logUrl: repository && GITHUB_RUN_ID ? `${server}/${repository}/actions/runs/${GITHUB_RUN_ID}` : undefined,
  };
}

/**
 * Returns the repository of a fork. A pull request says where its head is, and the head of a repository that was deleted
 * is a fork's. A comment does not say which code was checked out, so it counts as a fork's too.
 */
function githubFork({ pull_request: request, issue, workflow_run: cause }: EventPayload, env: Env): string | undefined {
  const home = request?.base?.repo?.full_name ?? env.GITHUB_REPOSITORY;
  if (request) return other(request.head?.repo?.full_name, home);
  if (cause) return other(cause.head_repository?.full_name, home);
  // Without a payload that says so, the head of a pull request may be anywhere.
  if (issue?.pull_request || /^refs\/pull\//.test(env.GITHUB_REF ?? '')) return other(undefined, home);
  return undefined;
}

function gitlabJob(env: Env): Job {
  const { CI_MERGE_REQUEST_SOURCE_PROJECT_ID: source, CI_MERGE_REQUEST_PROJECT_ID: home } = env;
  const isRequest = env.CI_MERGE_REQUEST_IID !== undefined;
  return {
    service: 'gitlab',
    pullRequest: number(env.CI_MERGE_REQUEST_IID),
    branch: env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || env.CI_COMMIT_REF_NAME || undefined,
    commit: env.CI_COMMIT_SHA,
    fork: isRequest && (!source || source !== home) ? (env.CI_MERGE_REQUEST_SOURCE_PROJECT_PATH ?? UNKNOWN) : undefined,
    run: env.CI_JOB_ID ?? '',
    logUrl: env.CI_JOB_URL,
  };
}

function buildkiteJob(env: Env): Job {
  const request = number(env.BUILDKITE_PULL_REQUEST);
  const source = env.BUILDKITE_PULL_REQUEST_REPO;
  return {
    service: 'buildkite',
    pullRequest: request,
    branch: env.BUILDKITE_BRANCH || undefined,
    commit: env.BUILDKITE_COMMIT,
    fork: request === undefined ? undefined : other(repositoryOf(source), repositoryOf(env.BUILDKITE_REPO)),
    run: env.BUILDKITE_JOB_ID ?? '',
    logUrl: env.BUILDKITE_BUILD_URL,
  };
}

/** What a fork is called that is not known. */
const UNKNOWN = 'an unknown repository';

/** Returns a repository unless it is the one that the job belongs to. */
function other(repository: string | undefined, home: string | undefined): string | undefined {
  if (repository && home && repository.toLowerCase() === home.toLowerCase()) return undefined;
  return repository || UNKNOWN;
}

/** Returns the host and path of a clone URL: both `git@host:owner/name.git` and `https://host/owner/name`. */
function repositoryOf(url = ''): string | undefined {
  const [, host, path] = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)[:/](?:\d+\/)?(.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  return host && path ? `${host}/${path}` : undefined;
}

function readPayload(path: string | undefined): EventPayload {
  try {
    const payload: unknown = path ? JSON.parse(readFileSync(path, 'utf8')) : {};
    return payload && typeof payload === 'object' ? payload : {};
  } catch {
    return {}; // some runners have none
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
