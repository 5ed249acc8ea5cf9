/** One comment for each preview on a pull request or a merge request, which later runs change. */
import type { Job } from '../job/job.ts';
import { goneText, type Preview, readyText } from './markdown.ts';
import type { Part } from './part.ts';

/** A comment, in the words of both services. */
export interface Comment {
  id: number;
  body: string;
  /** Whether the token that we have may have written it. */
  isOurs: boolean;
}

/** The comments on one request. */
export interface Comments {
  /** Returns a page of them, counted from 1, the oldest first. */
  list(page: number, signal?: AbortSignal): Promise<Comment[]>;
  create(body: string, signal?: AbortSignal): Promise<unknown>;
  update(id: number, body: string, signal?: AbortSignal): Promise<unknown>;
}

/** How many comments are on a page. */
export const PAGE = 100;
const MOST_PAGES = 30;

/** Returns what writes the comment. */
export function stickyPart(comments: Comments, { run }: Job): Pick<Part, 'ready' | 'gone'> {
  const own = `<!-- run: ${run.replace(/[^\w.-]/g, '')} -->`;
  const markerOf = ({ key }: Preview) => `<!-- tsexpose: ${key} -->`;
  return {
    async ready(preview, signal) {
      const marker = markerOf(preview);
      const body = `${marker}\n${own}\n${readyText(preview)}`;
      const comment = await find(comments, marker, signal);
      await (comment ? comments.update(comment.id, body, signal) : comments.create(body, signal));
    },
    async gone(preview, reason) {
      const marker = markerOf(preview);
      const comment = await find(comments, marker);
      // A later run has a preview of its own by now, and its comment stays.
      if (!comment?.body.includes(own)) return;
      await comments.update(comment.id, `${marker}\n${own}\n${goneText(preview, reason)}`);
    },
  };
}

async function find(comments: Comments, marker: string, signal?: AbortSignal): Promise<Comment | undefined> {
  for (let page = 1; page <= MOST_PAGES; page++) {
    const found = await comments.list(page, signal);
    // rule: a comment that a stranger has written is left alone — mutate: isOurs && =>
    const comment = found.find(({ isOurs, body }) => isOurs && body.startsWith(marker));
    if (comment || found.length < PAGE) return comment;
  }
  return undefined;
}
