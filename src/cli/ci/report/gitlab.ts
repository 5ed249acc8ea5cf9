/** GitLab: variables for later jobs, and a note on the merge request. */
import { resolve } from 'node:path';
import { callApi, failureOf } from '../api/http.ts';
import type { Job } from '../job/job.ts';
import { writeDotenv } from './output-file.ts';
import type { Part } from './part.ts';
import { type Comments, PAGE, stickyPart } from './sticky.ts';

/** The file to name under `artifacts:reports:dotenv`. */
export const DOTENV = 'tsexpose.env';

/** Returns what a GitLab job is told. */
export function gitlabReport(job: Job, env: NodeJS.ProcessEnv): Part[] {
  const { CI_PROJECT_DIR: directory = '.', CI_API_V4_URL: api, GITLAB_TOKEN: token } = env;
  const project = env.CI_MERGE_REQUEST_PROJECT_ID ?? env.CI_PROJECT_ID;
  const parts: Part[] = [
    {
      what: `the variables in ${DOTENV}`,
      ready: ({ urls, name, fqdn }) =>
        writeDotenv(resolve(directory, DOTENV), {
          ...{ TSEXPOSE_PREVIEW_URL: urls[0] ?? '', TSEXPOSE_PREVIEW_NAME: name, TSEXPOSE_PREVIEW_FQDN: fqdn },
        }),
      cures: [],
    },
  ];
  if (api && token && project && job.pullRequest !== undefined) {
    const path = `projects/${encodeURIComponent(project)}/merge_requests/${job.pullRequest}/notes`;
    parts.push(notePart(`${api.replace(/\/+$/, '')}/${path}`, token, job));
  }
  return parts;
}

interface Note {
  id: number;
  body?: string;
  author?: { id?: number };
}

function notePart(notes: string, token: string, job: Job): Part {
  const send = async (method: 'GET' | 'POST' | 'PUT', url: string, json?: unknown, signal?: AbortSignal) => {
    const response = await callApi(url, { method, headers: { 'private-token': token }, json, signal });
    if (response.status >= 200 && response.status < 300) return response.json;
    throw new Error(`GitLab responded with ${failureOf(response)}.`);
  };
  const user = new URL('../../../../user', notes).href;
  const comments: Comments = {
    async list(page, signal) {
      const self = (await send('GET', user, undefined, signal)) as { id?: number };
      const query = `?per_page=${PAGE}&page=${page}&sort=asc`;
      const found = (await send('GET', `${notes}${query}`, undefined, signal)) as Note[];
      return found.map(({ id, body = '', author }) => ({ id, body, isOurs: author?.id === self.id }));
    },
    create: (body, signal) => send('POST', notes, { body }, signal),
    update: (id, body, signal) => send('PUT', `${notes}/${id}`, { body }, signal),
  };
  return {
    what: 'the note on the merge request',
    ...stickyPart(comments, job),
    cures: ['Set GITLAB_TOKEN to a project access token with the scope api and the role Reporter.'],
  };
}
