/** How long anything may take, in milliseconds; 0 means for ever. */
export interface Timeouts {
  /** A visitor's request head, from its first byte. @default 30_000 */
  head?: number;
  /** Silence in the middle of a visitor's request body. @default 60_000 */
  body?: number;
  /** A visitor that does not read its response. @default 120_000 */
  stall?: number;
  /** An idle connection of a visitor. @default 60_000 */
  idle?: number;
  /** A connection to the service. @default 10_000 */
  connect?: number;
  /** The head of the service's response. @default 300_000 */
  response?: number;
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  head: 30_000,
  body: 60_000,
  stall: 120_000,
  idle: 60_000,
  connect: 10_000,
  response: 300_000,
};
