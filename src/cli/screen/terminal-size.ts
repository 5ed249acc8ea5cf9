/** What to assume of a terminal that does not know its size, such as one of `docker run -t` or a script's. */
const UNKNOWN = { columns: 80, rows: 24 };

/** Returns the size of the terminal, in characters. */
export function terminalSize(terminal: { columns: number; rows: number } = process.stdout): typeof UNKNOWN {
  return { columns: terminal.columns || UNKNOWN.columns, rows: terminal.rows || UNKNOWN.rows };
}
