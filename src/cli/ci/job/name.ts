/** The name of a preview, which is the same for each run of a pull request or a branch. */
import { createHash } from 'node:crypto';
import { MAX_LABEL, toLabel } from '../../../tailnet/label.ts';
import type { Job } from './job.ts';

/** How many characters of a digest keep two names apart. */
const DIGEST = 6;

/**
 * Returns the name of a preview: `pr-123-myapp` for a pull request, else `BRANCH-myapp`. A branch that loses letters on
 * its way into a DNS label, or is too long for one, gets a digest of its full name.
 *
 * @param app a DNS label
 * @example
 * ```ts
 * previewName({ service: 'github', pullRequest: 123, run: '1' }, 'myapp'); // 'pr-123-myapp'
 * previewName({ service: 'github', branch: 'feature/login', run: '1' }, 'myapp'); // 'feature-login-myapp'
 * ```
 */
export function previewName({ pullRequest, branch }: Pick<Job, 'pullRequest' | 'branch'>, app: string): string {
  if (pullRequest !== undefined) return joined(`pr-${pullRequest}`, app);
  if (branch === undefined) return app;
  const label = toLabel(branch);
  const kept = label.replaceAll('-', '').length;
  const letters = [...branch.normalize('NFC')].filter((character) =>
    /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(character),
  );
  // A branch does not pass for a pull request.
  const isPlain = label !== '' && kept === letters.length && !/^pr-\d+$/.test(label);
  return isPlain ? joined(label, app, branch) : joined(withDigest(label, branch), app);
}

/** Joins the two parts, and shortens the app before what tells its previews apart. */
function joined(prefix: string, app: string, full = prefix): string {
  const whole = `${prefix}-${app}`;
  if (whole.length <= MAX_LABEL) return whole;
  return withDigest(whole, `${full}-${app}`);
}

/** Ends a label with a digest of what it stands for. */
function withDigest(label: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST);
  const start = label.slice(0, MAX_LABEL - DIGEST - 1).replace(/-+$/, '');
  return start ? `${start}-${digest}` : `branch-${digest}`;
}
