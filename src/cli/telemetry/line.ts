/** The lines of an access log. */
import type { RequestEvent } from '../../events.ts';
import { jsonLine } from '../../ui/printable.ts';
import type { LogFormat } from '../flags/log-flags.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What nginx logs for a caller that disconnected before the response. */
const CLIENT_CLOSED = 499;

/** Returns the line for a request, without its end. */
export function accessLogLine(event: RequestEvent, format: LogFormat): string {
  return format === 'json' ? jsonLine(event) : commonLine(event, format === 'combined');
}

/** Returns a line in Apache's Common Log Format, with two more fields if it is the combined one. */
function commonLine(event: RequestEvent, combined: boolean): string {
  const { method, path, status, bytes, caller, time, referer = '', userAgent = '' } = event;
  const { protocol = 'HTTP/1.1' } = event;
  const user = caller.kind === 'user' || caller.kind === 'tagged' ? word(caller.who) : '-';
  const request = method === '' && path === '' ? '-' : `${method} ${path} ${protocol}`;
  const at = clock(time === undefined ? new Date() : new Date(time));
  const line = `${word(caller.ip)} - ${user} [${at}] ${quoted(request)} ${status || CLIENT_CLOSED} ${bytes || '-'}`;
  return combined ? `${line} ${quoted(referer)} ${quoted(userAgent)}` : line;
}

/** Returns a field in quotes. */
function quoted(text: string): string {
  return `"${escaped(text, 'latin1') || '-'}"`;
}

/** Returns a field without quotes, which has no spaces. */
function word(text: string): string {
  return escaped(text, 'utf8').replaceAll(' ', '\\x20').replaceAll('[', '\\x5b').replaceAll(']', '\\x5d') || '-';
}

/** Escapes as Apache and nginx do, so that no field can end early or begin a line. */
function escaped(text: string, encoding: 'latin1' | 'utf8'): string {
  // rule: what callers send does not forge a field or a line of the access log
  // mutate: /[^\x20-\x7e]|["\\]/gu => /[\n]/gu
  return text.replace(/[^\x20-\x7e]|["\\]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return [...Buffer.from(character, encoding)].map((byte) => `\\x${hex(byte)}`).join('');
  });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Returns a time as `28/Nov/2026:14:02:11 +0100`. */
function clock(at: Date): string {
  const two = (n: number) => String(Math.abs(n)).padStart(2, '0');
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}${two(offset % 60)}`;
  const day = `${two(at.getDate())}/${MONTHS[at.getMonth()]}/${at.getFullYear()}`;
  return `${day}:${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
}
