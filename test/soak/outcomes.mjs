// What became of exchanges.

/** An exchange that went wrong: `lost`, `hung`, `reset` or `wrong` (identity). */
export class Fault extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export const FAULTS = ['lost', 'hung', 'reset', 'wrong'];

/** Which of the four an error is. */
export function faultOf(error) {
  if (error instanceof Fault) return error.kind;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'hung';
  // Node.js gives an end without an answer the code of a reset, but it names no system call.
  if (['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(error.code) && error.syscall) return 'reset';
  return 'lost';
}

/** Times in which the app was gone: what fails then is its loss. What fails later, such as a dial, is not. */
export class Excuses {
  #spans = [];

  begin() {
    this.#spans.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
  }

  end() {
    this.#spans.at(-1).to = performance.now();
  }

  /** Whether the app was gone at this time. */
  cover(time) {
    return this.#spans.some(({ from, to }) => from <= time && time <= to);
  }
}

/** The counts of one caller. */
export class Outcomes {
  requests = 0;
  lost = 0;
  hung = 0;
  reset = 0;
  wrong = 0;
  /** Failed because the app was gone. */
  excused = 0;
  /** Answered, by kind of exchange. */
  answered = {};
  /** The slowest answer in milliseconds, by kind. */
  slowest = {};
  /** The first faults, in words. */
  faults = [];

  succeed(kind, ms = 0) {
    this.requests += 1;
    this.answered[kind] = (this.answered[kind] ?? 0) + 1;
    this.slowest[kind] = Math.max(this.slowest[kind] ?? 0, Math.round(ms));
  }

  fail(kind, error, ms) {
    this.requests += 1;
    this[faultOf(error)] += 1;
    const text = `${new Date().toISOString()} ${kind}: ${faultOf(error)} after ${Math.round(ms)} ms: ${error.message}`;
    if (this.faults.length < 20) this.faults.push(text);
  }

  excuse() {
    this.requests += 1;
    this.excused += 1;
  }

  get failed() {
    return FAULTS.some((fault) => this[fault] > 0);
  }
}

/** The sums of several callers. */
export function totalOf(all) {
  const sum = (key) => all.reduce((total, outcomes) => total + outcomes[key], 0);
  return Object.fromEntries(['requests', ...FAULTS, 'excused'].map((key) => [key, sum(key)]));
}
