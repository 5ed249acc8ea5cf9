/** Tells a CI service about a preview. No failure in here ends the preview; each is a warning with its cure. */
import type { ExposeEvent } from '../../../events.ts';
import type { Job } from '../job/job.ts';
import { buildkiteReport } from './buildkite.ts';
import { githubReport } from './github.ts';
import { gitlabReport } from './gitlab.ts';
import type { Preview } from './markdown.ts';
import type { Part } from './part.ts';

/** Everything that is told about one preview. */
export class Report {
  readonly #parts: readonly Part[];
  readonly #show: (event: ExposeEvent) => void;
  #preview: Preview | undefined;

  constructor(job: Job, env: NodeJS.ProcessEnv, show: (event: ExposeEvent) => void) {
    this.#parts = partsOf(job, env);
    this.#show = show;
  }

  /** Tells that the preview is up. */
  async ready(preview: Preview, signal: AbortSignal): Promise<void> {
    this.#preview = preview;
    await Promise.all(this.#parts.map((part) => this.#try(part, () => part.ready?.(preview, signal), signal)));
  }

  /** Tells that it is gone, if it was there. */
  async gone(reason: string): Promise<void> {
    const preview = this.#preview;
    if (preview === undefined) return;
    await Promise.all(this.#parts.map((part) => this.#try(part, () => part.gone?.(preview, reason))));
  }

  async #try({ what, cures }: Part, run: () => Promise<void> | void, signal?: AbortSignal): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (signal?.aborted) return;
      const message = `Could not write ${what}: ${(error as Error).message}`;
      this.#show({ event: 'warning', code: 'REPORT', message, suggestions: cures });
    }
  }
}

function partsOf(job: Job, env: NodeJS.ProcessEnv): Part[] {
  switch (job.service) {
    case 'github':
      return githubReport(job, env);
    case 'gitlab':
      return gitlabReport(job, env);
    case 'buildkite':
      return buildkiteReport(env);
    case 'other':
      return [];
  }
}
