import type { ExposeEvent } from '../../events.ts';

/** Returns whether a slow reader may miss the line of an event; there can be thousands of them a second. */
export function isDroppable({ event }: ExposeEvent): boolean {
  return event === 'request' || event === 'connection';
}

/** Returns the warning that says how many lines were dropped. */
export function droppedWarning(dropped: number): ExposeEvent {
  const message = `${dropped} log lines were dropped because the reader was too slow.`;
  return { event: 'warning', code: 'TSEXPOSE_LOG_DROPPED', message };
}

/** Writes a line to standard error. */
export function writeError(text: string): void {
  process.stderr.write(`${text}\n`);
}
