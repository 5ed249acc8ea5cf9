/** How long a property is tried: a moment in `npm test`, as long as `npm run fuzz` says in its own run. */
import fc from 'fast-check';

const minutes = Number(process.env.TSEXPOSE_FUZZ_MINUTES ?? 0);

/** Time that one property gets, in milliseconds; 0 outside `npm run fuzz`. */
export const FUZZ_MS = minutes * 60_000;

/** Timeout for a test that calls {@link fuzz}. */
export const FUZZ_TIMEOUT = FUZZ_MS + 60_000;

/** Tries a property, `runs` times outside `npm run fuzz`. */
export async function fuzz<T>(property: fc.IRawProperty<T>, runs: number): Promise<void> {
  const limits =
    FUZZ_MS > 0 ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_MS } : { numRuns: runs };
  const result = await fc.check(property, limits);
  if (FUZZ_MS > 0) console.log(`${result.numRuns} runs, seed ${result.seed}`);
  if (result.failed && !(result.interrupted && result.counterexample === null))
    throw new Error(fc.defaultReportMessage(result));
}
