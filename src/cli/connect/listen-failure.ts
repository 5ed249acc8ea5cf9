/** Why a port of this machine could not be opened, in words. The code stays that of Node. */
export function explainListen(error: NodeJS.ErrnoException, port: number): Error {
  const words = WORDS[error.code ?? ''];
  if (!words) return error;
  const [what, ...suggestions] = words(port);
  const message = `Expected port ${port} of this machine to be free, and ${what}.`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code, suggestions });
}

const WORDS: Record<string, (port: number) => [what: string, ...suggestions: string[]]> = {
  EADDRINUSE: (port) => [
    'something listens on it already',
    'Choose another port.',
    `See what it is: ss -ltnp "sport = ${port}" (Linux), lsof -nP -iTCP:${port} -sTCP:LISTEN (macOS)`,
  ],
  EACCES: () => ['this user may not open it', 'Choose a port from 1024 up.'],
};
