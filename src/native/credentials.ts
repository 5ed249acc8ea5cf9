/**
 * Variables that hold credentials, or make Tailscale log them. Go never sees them: Tailscale logs every variable it is
 * told about, and keeps its log in the state directory. A node is given its credentials explicitly.
 */
export const CREDENTIAL_VARIABLES = [
  'TS_AUTHKEY',
  'TS_AUTH_KEY',
  'TS_CLIENT_SECRET',
  'TS_CLIENT_ID',
  'TS_ID_TOKEN',
  'TS_API_KEY',
  'TS_API_CLIENT_SECRET',
  'TS_OAUTH_SECRET',
  'TSEXPOSE_FUNNEL_AUTH',
  'TS_DEBUG_REGISTER',
];

/** Returns whether an environment variable holds a credential, going by its name. */
export function isCredential(name: string): boolean {
  return CREDENTIAL_VARIABLES.includes(name) || /_(AUTH_?KEY|API_?KEY|SECRET|TOKEN|PASSWORD)$/.test(name);
}
