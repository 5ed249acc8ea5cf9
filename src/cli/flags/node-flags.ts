import * as Flags from '@oclif/core/flags';

/** Flags of every command that starts a node; each can be set by its environment variable too. */
export const nodeFlags = {
  name: Flags.string({
    description: 'Name on the tailnet. Default: the name of the package or directory.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_NAME',
    helpGroup: 'node',
  }),
  'auth-key': Flags.string({
    description: 'Auth key that logs the node in, or file:PATH of one.',
    helpValue: 'KEY',
    env: 'TS_AUTHKEY',
    helpGroup: 'node',
  }),
  'control-url': Flags.string({
    description: 'Control server. Default: Tailscale’s.',
    helpValue: 'URL',
    env: 'TS_CONTROL_URL',
    helpGroup: 'node',
  }),
  'state-dir': Flags.string({
    description: 'Where the node keeps its keys between runs.',
    helpValue: 'DIR',
    env: 'TSEXPOSE_STATE_DIR',
    helpGroup: 'node',
  }),
  'reset-state': Flags.boolean({
    description: 'Start as a new node; keeps a copy of the old state.',
    helpGroup: 'node',
  }),
  ephemeral: Flags.boolean({
    description: 'Keep no state; the tailnet forgets the node when it leaves.',
    env: 'TSEXPOSE_EPHEMERAL',
    helpGroup: 'node',
  }),
  tag: Flags.string({
    description: 'Tag of the node, such as tag:web; may be repeated.',
    helpValue: 'TAG',
    env: 'TSEXPOSE_TAG',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpGroup: 'node',
  }),
  'require-name': Flags.boolean({
    description: 'Fail with exit code 4 when the tailnet gives another name.',
    env: 'TSEXPOSE_REQUIRE_NAME',
    helpGroup: 'node',
  }),
  timeout: Flags.string({
    description: 'Longest wait for the tailnet, such as 30s; 0 for no limit. Default: 60s.',
    helpValue: 'TIME',
    env: 'TSEXPOSE_TIMEOUT',
    helpGroup: 'node',
  }),
  'support-logs': Flags.boolean({
    description: 'Upload the node’s log to Tailscale for their support.',
    env: 'TSEXPOSE_SUPPORT_LOGS',
    helpGroup: 'node',
  }),
};

/** For commands that can be tried without an account. */
export const sandboxFlag = Flags.boolean({
  description: 'Use a private tailnet on this machine, and forget it afterwards.',
  env: 'TSEXPOSE_SANDBOX',
  helpGroup: 'node',
});

/** Flags that say what is printed. */
export const outputFlags = {
  json: Flags.boolean({
    description: 'Print JSON, one event a line; everything else goes to stderr.',
    env: 'TSEXPOSE_JSON',
    helpGroup: 'output',
  }),
  verbose: Flags.boolean({
    description: 'Print the node’s own log to stderr.',
    env: 'TSEXPOSE_VERBOSE',
    helpGroup: 'output',
  }),
};

/** For commands that ask a running node. */
export const askFlags = {
  name: Flags.string({
    description: 'Which running node to ask, where there are several.',
    helpValue: 'NAME',
  }),
  json: Flags.boolean({ description: 'Print JSON.', env: 'TSEXPOSE_JSON' }),
};
