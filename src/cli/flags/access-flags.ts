import * as Flags from '@oclif/core/flags';

const group = { helpGroup: 'access' } as const;

/** Flags that say who may connect. */
export const accessFlags = {
  allow: Flags.string({
    ...group,
    description: 'Who may connect: alice@example.com, *@example.com, tag:ci, cap:example.com/cap/x. Default: everyone.',
    helpValue: 'RULE',
    env: 'TSEXPOSE_ALLOW',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  deny: Flags.string({
    ...group,
    description: 'Who may not connect, even if --allow includes them.',
    helpValue: 'RULE',
    env: 'TSEXPOSE_DENY',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'require-identity': Flags.boolean({
    ...group,
    description: 'Deny callers that cannot be identified.',
    env: 'TSEXPOSE_REQUIRE_IDENTITY',
  }),
  host: Flags.string({
    ...group,
    description: 'Another host name that requests may be for, such as app.example.com; * for all. May be repeated.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_HOST',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  funnel: Flags.boolean({
    ...group,
    description: 'Open the app to the public internet too (Tailscale Funnel).',
    env: 'TSEXPOSE_FUNNEL',
  }),
  'funnel-auth': Flags.string({
    ...group,
    description: 'Ask callers from the internet for a password.',
    helpValue: 'USER:PASSWORD',
    env: 'TSEXPOSE_FUNNEL_AUTH',
  }),
};
