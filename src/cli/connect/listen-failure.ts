/** Explains why a port of this machine could not be opened. The error keeps Node's code. */
export function explainListen(error: NodeJS.ErrnoException, port: number): Error {
  const words = WORDS[error.code ?? ''];
  if (!words) return error;
  const [message, ...suggestions] = words(port);
  return Object.assign(new Error(message, { cause: error }), { code: error.code, suggestions });
}

const WORDS: Record<string, (port: number) => [message: string, ...suggestions: string[]]> = {
  EADDRINUSE: (port) => [
    `Port ${port} is already in use on this machine.`,
    'Choose another port.',
    `Find out what uses it: ss -ltnp "sport = ${port}" (Linux), lsof -nP -iTCP:${port} -sTCP:LISTEN (macOS)`,
  ],
  EACCES: (port) => [`You do not have permission to open port ${port}.`, 'Choose a port from 1024 up.'],
};
