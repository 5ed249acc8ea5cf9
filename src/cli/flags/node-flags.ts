import * as Flags from '@oclif/core/flags';

/** Flags of every command that starts a node; each can be set by its environment variable too. */
export const nodeFlags = {
  name: Flags.string({
    char: 'n',
    description: 'Name on the tailnet. Default: the name of the package or directory.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_NAME',
    helpGroup: 'node',
  }),
  'auth-key': Flags.string({
    description: 'Auth key that logs the node in, or file:PATH to read it from a file.',
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
    description: 'Save no state; the tailnet forgets the node when it leaves.',
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
    description: 'Fail with exit code 4 if the tailnet assigns another name.',
    env: 'TSEXPOSE_REQUIRE_NAME',
    helpGroup: 'node',
  }),
  timeout: Flags.string({
    description: 'How long to wait for the tailnet, such as 30s; 0 for no limit. Default: 60s.',
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

/** The flag of commands that can be tried without an account. */
export const sandboxFlag = Flags.boolean({
  description: 'Use a private tailnet on this machine, and delete it afterwards.',
  env: 'TSEXPOSE_SANDBOX',
  helpGroup: 'node',
});

/** The flag of commands that can run in the background. */
export const detachFlag = Flags.boolean({
  char: 'd',
  description: 'Run in the background; see tsexpose logs and tsexpose stop.',
  helpGroup: 'node',
});

/** Flags for the output. */
export const outputFlags = {
  json: Flags.boolean({
    description: 'Print JSON, one event per line; everything else goes to stderr.',
    env: 'TSEXPOSE_JSON',
    helpGroup: 'output',
  }),
  verbose: Flags.boolean({
    description: 'Print the node’s own log to stderr.',
    env: 'TSEXPOSE_VERBOSE',
    helpGroup: 'output',
  }),
};

/** Flags of commands that ask a running node. */
export const askFlags = {
  name: Flags.string({
    char: 'n',
    description: 'Which running node to ask, by its name or process ID.',
    helpValue: 'NAME',
  }),
  json: Flags.boolean({ description: 'Print JSON.', env: 'TSEXPOSE_JSON' }),
};
