import { describe, expect, it } from 'vitest';
import type { Preview } from '../../../../src/cli/ci/report/markdown.ts';
import { type Comment, type Comments, PAGE, stickyPart } from '../../../../src/cli/ci/report/sticky.ts';

const preview: Preview = {
  ...{ key: 'pr-1-myapp', name: 'pr-1-myapp', fqdn: 'pr-1-myapp.tail1234.ts.net', tailnet: 'example.com' },
  ...{ urls: ['https://pr-1-myapp.tail1234.ts.net'], allow: [] },
};
const { signal } = new AbortController();

/** Comments in memory, after those of others. */
function commentsAfter(others: Omit<Comment, 'id'>[]) {
  const all: Comment[] = others.map((comment, id) => ({ ...comment, id }));
  const comments: Comments = {
    list: async (page) => all.slice((page - 1) * PAGE, page * PAGE),
    create: async (body) => all.push({ id: all.length, body, isOurs: true }),
    update: async (id, body) => {
      all[id]!.body = body;
    },
  };
  const part = (run: string) => stickyPart(comments, { service: 'github', run });
  return { all, part };
}

describe('the comment about a preview', () => {
  it('is one, which later runs change', async () => {
    const { all, part } = commentsAfter([{ body: 'Nice!', isOurs: false }]);
    const first = part('1');
    await first.ready!(preview, signal);
    await first.gone!(preview, 'interrupted');
    expect(all).toHaveLength(2);
    expect(all[1]!.body).toContain('This preview is gone');
    await part('2').ready!(preview, signal);
    expect(all).toHaveLength(2);
    expect(all[1]!.body).toContain('### Preview: [https://');
  });

  it('stays that of the later run when the earlier one ends after it has begun', async () => {
    const { all, part } = commentsAfter([]);
    await part('1').ready!(preview, signal);
    await part('2').ready!(preview, signal);
    await part('1').gone!(preview, 'interrupted');
    expect(all[0]!.body).toContain('### Preview: [https://');
    await part('2').gone!(preview, 'interrupted');
    expect(all[0]!.body).toContain('This preview is gone');
  });

  it('is found on a later page', async () => {
    const { all, part } = commentsAfter(Array.from({ length: 150 }, () => ({ body: 'Nice!', isOurs: false })));
    await part('1').ready!(preview, signal);
    await part('2').ready!(preview, signal);
    expect(all).toHaveLength(151);
  });

  it('is another one for another app', async () => {
    const { all, part } = commentsAfter([]);
    await part('1').ready!(preview, signal);
    await part('1').ready!({ ...preview, key: 'pr-1-docs' }, signal);
    expect(all).toHaveLength(2);
  });

  it('is not one that a stranger has written', async () => {
    const body = '<!-- tsexpose: pr-1-myapp -->\n<!-- run: 1 -->\n';
    const { all, part } = commentsAfter([{ body, isOurs: false }]);
    await part('1').ready!(preview, signal);
    expect(all).toHaveLength(2);
    expect(all[0]!.body).toBe(body);
  });
});
