import type { RequestEvent } from '../events.ts';
import { printable } from './printable.ts';

/** The parts of one request, each as displayed. */
export interface RequestParts {
  /** Local time of day, `14:02:11`. */
  time: string;
  who: string;
  method: string;
  path: string;
  /** `200`, or `gone` if the caller disconnected before a response. */
  status: string;
  /** `12 ms` or `3.4 s`. */
  duration: string;
}

/** Returns the parts of a request's line in the log. */
export function requestParts(event: RequestEvent, at: Date): RequestParts {
  return {
    time: timeOfDay(at),
    who: printable(event.caller.who),
    // A request that could not be read has neither.
    method: printable(event.method) || '-',
    path: printable(event.path) || '-',
    status: event.status === 0 ? 'gone' : String(event.status),
    duration: event.ms < 1000 ? `${Math.round(event.ms)} ms` : `${(event.ms / 1000).toFixed(1)} s`,
  };
}

/** Returns the local time of day, `14:02:11`: the same in every locale, so that programs can read logs. */
export function timeOfDay(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
