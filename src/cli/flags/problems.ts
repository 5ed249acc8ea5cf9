import { TsexposeError } from '../../errors.ts';

/** What is wrong with a command line, gathered so that everything is told at once. */
export class Problems {
  readonly #found: TsexposeError[] = [];

  /** Runs a check, and keeps the error where it fails. */
  check<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof TsexposeError)) throw error;
      this.#found.push(error);
      return undefined;
    }
  }

  /** Throws what was found: the error itself where it is the only one, otherwise one that says them all. */
  throw(): void {
    const [first, ...others] = this.#found;
    if (!first) return;
    if (others.length === 0) throw first;
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', this.#found.map(({ message }) => message).join('\n'), {
      suggestions: this.#found.flatMap(({ suggestions }) => suggestions.slice(0, 1)),
    });
  }
}
