/** How long each step of a request may take, in milliseconds; 0 means no limit. */
export interface Timeouts {
  /** The head of a caller's request, from its first byte. @default 30_000 */
  head?: number;
  /** Silence in the middle of a caller's request body. @default 0 */
  body?: number;
  /** A caller that does not read its response. @default 0 */
  stall?: number;
  /** A caller's idle connection. @default 60_000 */
  idle?: number;
  /** Connecting to the target. @default 10_000 */
  connect?: number;
  /** The head of the target's response. @default 0 */
  response?: number;
  /** Waiting for that head before it is worth a warning. @default 10_000 */
  silence?: number;
  /** Silence in the middle of that response, and in a WebSocket. @default 0 */
  pause?: number;
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  head: 30_000,
  body: 0,
  stall: 0,
  idle: 60_000,
  connect: 10_000,
  response: 0,
  silence: 10_000,
  pause: 0,
};

/**
 * Returns limits for silence once the head of a request has arrived; 0 means no limit. Reports take minutes, downloads
 * are paused, and uploads wait for a person, so there is no limit unless the user wants one.
 */
export function limitSilence(ms: number): Pick<Required<Timeouts>, 'body' | 'stall' | 'response' | 'pause'> {
  return { body: ms, stall: ms, response: ms, pause: ms };
}
