/** How long each step of a request may take, in milliseconds; 0 means no limit. */
export interface Timeouts {
  /** The head of a caller's request, from its first byte. @default 30_000 */
  head?: number;
  /** Silence in the middle of a caller's request body. @default 60_000 */
  body?: number;
  /** A caller that does not read its response. @default 120_000 */
  stall?: number;
  /** A caller's idle connection. @default 60_000 */
  idle?: number;
  /** Connecting to the target. @default 10_000 */
  connect?: number;
  /** The head of the target's response. @default 300_000 */
  response?: number;
  /** Waiting for that head before it is worth a warning. @default 10_000 */
  silence?: number;
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  head: 30_000,
  body: 60_000,
  stall: 120_000,
  idle: 60_000,
  connect: 10_000,
  response: 300_000,
  silence: 10_000,
};
