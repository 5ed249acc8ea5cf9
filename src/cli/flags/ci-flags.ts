import * as Flags from '@oclif/core/flags';
import { nodeFlags } from './node-flags.ts';

const login = { helpGroup: 'login' } as const;
const preview = { helpGroup: 'preview' } as const;

const { 'auth-key': authKey, 'control-url': controlUrl, tag, 'require-name': requireName } = nodeFlags;

/** Flags of a node that a job starts: it is ephemeral, and named after what the job builds. */
export const ciNodeFlags = {
  name: Flags.string({
    char: 'n',
    description: 'Name on the tailnet. Default: pr-NUMBER-APP or BRANCH-APP.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_NAME',
    helpGroup: 'node',
  }),
  tag,
  'auth-key': authKey,
  'client-id': Flags.string({
    ...login,
    description: 'Client ID of a federated identity, which logs the job in without a secret.',
    helpValue: 'ID',
    env: 'TS_CLIENT_ID',
  }),
  audience: Flags.string({
    ...login,
    description: 'Audience of the job’s ID token. Default: api.tailscale.com/ID.',
    helpValue: 'AUDIENCE',
    env: 'TS_AUDIENCE',
  }),
  'control-url': controlUrl,
  'require-name': requireName,
  timeout: Flags.string({
    description: 'How long to wait for the app, the tailnet and the check, such as 30s; 0 for no limit. Default: 60s.',
    helpValue: 'TIME',
    env: 'TSEXPOSE_TIMEOUT',
    helpGroup: 'node',
  }),
};

/** Flags of a preview. */
export const previewFlags = {
  ttl: Flags.string({
    ...preview,
    description: 'How long the preview may stay, such as 2h. Default: until the job ends.',
    helpValue: 'TIME',
    env: 'TSEXPOSE_TTL',
  }),
  idle: Flags.string({
    ...preview,
    description: 'How long it may stay without a request, such as 20m. Default: no limit.',
    helpValue: 'TIME',
    env: 'TSEXPOSE_IDLE',
  }),
  'allow-forks': Flags.boolean({
    ...preview,
    description: 'Run for pull requests of forks, too: anyone’s code gets what this job has.',
    env: 'TSEXPOSE_ALLOW_FORKS',
  }),
  'no-check': Flags.boolean({
    ...preview,
    description: 'Do not check from a second node that the preview can be opened.',
    env: 'TSEXPOSE_NO_CHECK',
  }),
  'pass-env': Flags.string({
    ...preview,
    description: 'A token of the job that the app needs, such as GITHUB_TOKEN. May be repeated.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_PASS_ENV',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
};
