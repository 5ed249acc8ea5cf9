import { TsexposeError } from './errors.ts';

/** The errors that make up an error with several. */
const PARTS = new WeakMap<TsexposeError, readonly TsexposeError[]>();

/** Collects what is wrong with a set of options, so that all of it is reported at once. */
export class Problems {
  readonly #found: TsexposeError[] = [];

  /** How many problems there are so far. */
  get count(): number {
    return this.#found.length;
  }

  /** Runs a check and returns its result. Keeps the error if the check throws one, or each of them if it has several. */
  check<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof TsexposeError)) throw error;
      this.#found.push(...(PARTS.get(error) ?? [error]));
      return undefined;
    }
  }

  /** Throws what was found: a single error as it is, several as one error that lists them. */
  throw(): void {
    const [first, ...others] = this.#found;
    if (!first) return;
    if (others.length === 0) throw first;
    const all = new TsexposeError('ERR_TSEXPOSE_USAGE', this.#found.map(({ message }) => message).join('\n'), {
      suggestions: this.#found.flatMap(({ suggestions }) => suggestions.slice(0, 1)),
    });
    PARTS.set(all, this.#found);
    throw all;
  }
}
