import { TsexposeError } from '../../../errors.ts';
import type { JoinOptions } from '../../../expose/options.ts';
import { credentialsOf } from '../../../tailnet/start/credentials.ts';
import { WorkloadIdentity } from './workload-identity.ts';

export interface LoginOptions {
  node: JoinOptions;
  clientId?: string | undefined;
  audience?: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Returns what logs in each node of a job: an auth key, an OAuth client secret, or the identity of the job. */
export function loginOf({ node, ...options }: LoginOptions): () => Promise<string | undefined> {
  const { authKey } = credentialsOf(node, options.env);
  if (authKey !== undefined) return async () => authKey;
  const { clientId } = options;
  if (clientId === undefined) throw noCredentials();
  const { tags = [], controlUrl } = node;
  const identity = new WorkloadIdentity({ ...options, clientId, tags, controlUrl });
  return () => identity.authKey();
}

function noCredentials(): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_LOGIN_NEEDED', 'This job has nothing to log in to the tailnet with.', {
    suggestions: [
      'tsexpose ci 3000 --client-id ID --tag tag:preview',
      'Or set TS_AUTHKEY to a secret with a reusable, ephemeral, tagged auth key.',
      'Jobs for forks and for Dependabot get no secrets.',
    ],
  });
}
