/** GitHub: outputs, the summary of the job, a comment on the pull request, and a deployment. */
import { appendFileSync } from 'node:fs';
import { type ApiRequest, callApi, failureOf } from '../api/http.ts';
import type { Job } from '../job/job.ts';
import { goneText, type Preview, readyText } from './markdown.ts';
import { appendOutputs } from './output-file.ts';
import type { Part } from './part.ts';
import { type Comments, PAGE, stickyPart } from './sticky.ts';

/** Returns what a GitHub job is told. */
export function githubReport(job: Job, env: NodeJS.ProcessEnv): Part[] {
  const { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, GITHUB_TOKEN: token, GITHUB_REPOSITORY } = env;
  const parts: Part[] = [];
  if (output) {
    parts.push({
      what: 'the outputs of the step',
      ready: (preview) => appendOutputs(output, outputsOf(preview)),
      cures: [],
    });
  }
  if (summary) {
    parts.push({
      what: 'the summary of the job',
      ready: (preview) => appendFileSync(summary, `${readyText(preview)}\n`),
      gone: (preview, reason) => appendFileSync(summary, `${goneText(preview, reason)}\n`),
      cures: [],
    });
  }
  if (!token || !GITHUB_REPOSITORY) return parts;
  const api = new GitHub(env.GITHUB_API_URL || 'https://api.github.com', GITHUB_REPOSITORY, token);
  if (job.pullRequest !== undefined) parts.push(commentPart(api, job.pullRequest, job));
  if (job.commit !== undefined) parts.push(deploymentPart(api, job.commit, job));
  return parts;
}

function outputsOf({ urls, name, fqdn }: Preview): Record<string, string> {
  return { url: urls[0] ?? '', urls: JSON.stringify(urls), name, fqdn };
}

/** A comment of the API, as far as it is of interest here. */
interface ApiComment {
  id: number;
  body?: string | null;
  user?: { type?: string } | null;
  author_association?: string;
}

function commentPart(api: GitHub, pullRequest: number, job: Job): Part {
  const path = `issues/${pullRequest}/comments`;
  const comments: Comments = {
    async list(page, signal) {
      const found = await api.send('GET', `${path}?per_page=${PAGE}&page=${page}`, undefined, signal);
      return (found as ApiComment[]).map((comment) => ({
        id: comment.id,
        body: comment.body ?? '',
        isOurs: isOurs(comment),
      }));
    },
    create: (body, signal) => api.send('POST', path, { body }, signal),
    update: (id, body, signal) => api.send('PATCH', `issues/comments/${id}`, { body }, signal),
  };
  return {
    what: 'the comment on the pull request',
    ...stickyPart(comments, job),
    cures: ['Let the job comment: permissions: { contents: read, pull-requests: write }'],
  };
}

const TRUSTED = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** Whether a comment may be one that we wrote: with the token of a job, or with that of a person who may push. */
function isOurs({ user, author_association: role = '' }: ApiComment): boolean {
  return user?.type === 'Bot' || TRUSTED.has(role);
}

/** A deployment for each run, with the URL that the pull request links to. */
function deploymentPart(api: GitHub, commit: string, { logUrl }: Job): Part {
  let id: number | undefined;
  const status = (state: string, more: object, signal?: AbortSignal) =>
    api.send('POST', `deployments/${id}/statuses`, { state, ...(logUrl && { log_url: logUrl }), ...more }, signal);
  return {
    what: 'the deployment',
    ready: async (preview, signal) => {
      const deployment = {
        ...{ ref: commit, environment: preview.name, description: 'Preview on the tailnet' },
        ...{ auto_merge: false, required_contexts: [], transient_environment: true, production_environment: false },
      };
      const created = (await api.send('POST', 'deployments', deployment, signal)) as { id?: number };
      id = created.id;
      if (id === undefined) throw new Error('the response has no deployment');
      await status('success', { environment_url: preview.urls[0], auto_inactive: true }, signal);
    },
    gone: async () => {
      if (id !== undefined) await status('inactive', {});
    },
    cures: ['Let the job deploy: permissions: { contents: read, deployments: write }'],
  };
}

/** The REST API, for one repository. */
class GitHub {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, repository: string, token: string) {
    this.#base = `${url.replace(/\/+$/, '')}/repos/${repository.split('/').map(encodeURIComponent).join('/')}`;
    this.#headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': '2022-11-28',
    };
  }

  async send(method: ApiRequest['method'], path: string, json?: unknown, signal?: AbortSignal): Promise<unknown> {
    const response = await callApi(`${this.#base}/${path}`, { method, headers: this.#headers, json, signal });
    if (response.status >= 200 && response.status < 300) return response.json;
    throw new Error(`GitHub responded with ${failureOf(response)}.`);
  }
}
