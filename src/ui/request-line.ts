import type { RequestEvent } from '../events.ts';
import { printable } from './printable.ts';

/** The parts of one request, each as displayed. */
export interface RequestParts {
  /** Local time of day, `14:02:11`. */
  time: string;
  who: string;
  method: string;
  path: string;
  /** `200`, `200 (incomplete)` if the target broke off, or `gone` if the caller disconnected before a response. */
  status: string;
  /** `12 ms` or `3.4 s`. */
  duration: string;
}

/** Returns the parts of a request's line in the log. */
export function requestParts(event: RequestEvent, at: Date): RequestParts {
  return {
    time: timeOfDay(at),
    // rule: the name of a caller does not act on the terminal — mutate: printable(event.caller.who) => event.caller.who
    who: printable(event.caller.who),
    // A request that could not be read has neither.
    method: printable(event.method) || '-',
    // rule: the path of a request does not act on the terminal — mutate: printable(event.path) => event.path
    path: printable(event.path) || '-',
    status: statusText(event),
    duration: event.ms < 1000 ? `${Math.round(event.ms)} ms` : `${(event.ms / 1000).toFixed(1)} s`,
  };
}

function statusText({ status, error }: RequestEvent): string {
  if (status === 0) return 'gone';
  return error === 'http_response_incomplete' ? `${status} (incomplete)` : String(status);
}

/** Returns the local time of day, `14:02:11`: the same in every locale, so that programs can read logs. */
export function timeOfDay(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
