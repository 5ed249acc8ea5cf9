/** The token with which a CI service vouches for a job (OpenID Connect). */
import { hideSecret, TsexposeError } from '../../../errors.ts';
import { callApi, failureOf } from '../api/http.ts';

export interface IdTokenOptions {
  /** Whom the token is for. */
  audience: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * Returns the token of this job: the one in `TS_ID_TOKEN`, as GitLab sets it, or one that a GitHub runner requests.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_AUTH_KEY` if there is none
 */
export async function idToken({ audience, env, signal }: IdTokenOptions): Promise<string> {
  const token = env.TS_ID_TOKEN?.trim() || (await githubToken(audience, env, signal));
  hideSecret(token);
  return token;
}

async function githubToken(audience: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (!url || !secret) throw noToken(audience, env);
  hideSecret(secret);
  const address = new URL(url);
  address.searchParams.set('audience', audience);
  const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' };
  const response = await callApi(address.href, { headers, signal }).catch((error: Error) => {
    if (signal.aborted) throw error;
    throw refused(`GitHub issued no ID token: ${error.message}`);
  });
  const { value } = (response.json ?? {}) as { value?: unknown };
  if (response.status === 200 && typeof value === 'string' && value !== '') return value;
  throw refused(`GitHub issued no ID token: ${failureOf(response)}`);
}

function noToken(audience: string, env: NodeJS.ProcessEnv): TsexposeError {
  if (env.GITHUB_ACTIONS === 'true') {
    return refused('This job may not request an ID token.', 'Let it: permissions: { id-token: write, contents: read }');
  }
  if (env.GITLAB_CI === 'true') {
    return refused('This job has no ID token.', `Add it: id_tokens: { TS_ID_TOKEN: { aud: ${audience} } }`);
  }
  return refused('There is no ID token.', `Set TS_ID_TOKEN to a token of your CI service for ${audience}.`);
}

function refused(message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_AUTH_KEY', message, { suggestions });
}

/** What a token says about the job. */
export interface Claims {
  iss?: string;
  sub?: string;
  aud?: string | string[];
}

/** Reads what a token says, without a check of its signature. */
export function claimsOf(token: string): Claims {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return claims && typeof claims === 'object' ? claims : {};
  } catch {
    return {};
  }
}
