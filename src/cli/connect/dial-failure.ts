/** Why a port of the tailnet could not be reached, in words. The code stays that of Node. */
export function explainDial(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const words = WORDS[error.code ?? '']?.(host, port);
  if (!words) return error;
  const { message, suggestions } = words;
  return Object.assign(new Error(message, { cause: error }), { code: error.code, suggestions });
}

/** The cure of a name or an address that the tailnet does not know. */
export const MACHINES_PAGE = 'See the machines page of the admin console for the names and addresses there are.';

const WORDS: Record<string, (host: string, port: number) => { message: string; suggestions: string[] }> = {
  ENOTFOUND: (host) => ({
    message: `Expected a device of the tailnet, and none is called ${host}.`,
    suggestions: [MACHINES_PAGE],
  }),
  EHOSTUNREACH: (host) => ({
    message: `Expected an address of the tailnet, and ${host} is none that this node may reach.`,
    suggestions: [MACHINES_PAGE],
  }),
  ECONNREFUSED: (host, port) => ({
    message: `Nothing listens on port ${port} of ${host}.`,
    suggestions: [`tsexpose ${port} --name ${host.split('.', 1)[0]} (on that device)`],
  }),
};
