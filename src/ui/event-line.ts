import { styleText } from 'node:util';
import type { ExposeEvent } from '../events.ts';
import { plainLines } from './plain.ts';
import { requestParts } from './request-line.ts';

type Style = Parameters<typeof styleText>[0];

/**
 * Returns an event as text for the log above the live screen. Does without ink, because there may be thousands of
 * requests a second.
 *
 * @param at When the event happened.
 */
export function eventLine(event: ExposeEvent, at: Date, color: boolean): string {
  // The caller knows the terminal; Node.js would check its own stdout.
  const styled = (style: Style, text: string) => (color ? styleText(style, text, { validateStream: false }) : text);
  if (event.event === 'request') {
    const { time, who, method, path, status, duration } = requestParts(event, at);
    const result = styled(statusColor(event.status), status);
    return `${styled('dim', time)} ${styled('bold', who)} ${method} ${path} ${result} ${styled('dim', duration)}`;
  }
  const text = plainLines(event, at)
    .map((line) => line.text)
    .join('\n');
  if (event.event === 'error') return styled('red', text);
  return event.event === 'warning' ? styled('yellow', text) : text;
}

function statusColor(status: number): Style {
  if (status === 0 || status >= 500) return 'red';
  return status >= 400 ? 'yellow' : 'green';
}
