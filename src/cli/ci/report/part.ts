import type { Preview } from './markdown.ts';

/** A part of what a service is told, such as a comment. */
export interface Part {
  /** What it is, for a warning: `the comment on the pull request`. */
  what: string;
  ready?(preview: Preview, signal: AbortSignal): Promise<void> | void;
  gone?(preview: Preview, reason: string): Promise<void> | void;
  /** What to do if it fails. */
  cures: string[];
}
