/** Explains why a port on the tailnet could not be reached. The error keeps Node's code. */
export function explainDial(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const words = WORDS[error.code ?? '']?.(host, port);
  if (!words) return error;
  const { message, suggestions } = words;
  return Object.assign(new Error(message, { cause: error }), { code: error.code, suggestions });
}

/** What to do about a name or an address that the tailnet does not know. */
export const MACHINES_PAGE = 'See the machines page of the admin console for names and addresses.';

const WORDS: Record<string, (host: string, port: number) => { message: string; suggestions: string[] }> = {
  ENOTFOUND: (host) => ({
    message: `No device on the tailnet is named ${host}.`,
    suggestions: [MACHINES_PAGE],
  }),
  EHOSTUNREACH: (host) => ({
    message: `${host} is not an address on the tailnet that this node can reach.`,
    suggestions: [MACHINES_PAGE],
  }),
  ECONNREFUSED: (host, port) => ({
    message: `Nothing is listening on port ${port} of ${host}.`,
    suggestions: [`tsexpose ${port} --name ${host.split('.', 1)[0]} (on that device)`],
  }),
};
