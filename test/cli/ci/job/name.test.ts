import { describe, expect, it } from 'vitest';
import { previewName } from '../../../../src/cli/ci/job/name.ts';
import { isLabel } from '../../../../src/tailnet/label.ts';

const nameOf = (branch: string, app = 'myapp') => previewName({ branch }, app);

describe('the name of a preview', () => {
  it('is that of the pull request', () => {
    expect(previewName({ pullRequest: 123, branch: 'feature/login' }, 'myapp')).toBe('pr-123-myapp');
  });

  it('is that of the branch', () => {
    expect(nameOf('main')).toBe('main-myapp');
    expect(nameOf('feature/Login_page')).toBe('feature-login-page-myapp');
    expect(nameOf('crème-brûlée')).toBe('creme-brulee-myapp');
  });

  it('is that of the app where nothing is known about the job', () => {
    expect(previewName({}, 'myapp')).toBe('myapp');
  });

  it.each(['日本', '日本語', 'fix-🐛', 'straße', '---', '', 'pr-123', 'a'.repeat(300), `${'a'.repeat(300)}b`])(
    'is a label, the same each time, and no other branch’s: %s',
    (branch) => {
      const name = nameOf(branch);
      expect(isLabel(name)).toBe(true);
      expect(nameOf(branch)).toBe(name);
      const others = ['日本', '日本語', 'fix', 'fix-', 'fix-🐞', 'strae', 'main', `${'a'.repeat(300)}c`];
      for (const other of others.filter((text) => text !== branch)) expect(nameOf(other)).not.toBe(name);
    },
  );

  it('is never longer than a label, whatever the app is called', () => {
    for (const app of ['a'.repeat(63), 'a'.repeat(57)]) {
      const name = previewName({ pullRequest: 1_234_567_890 }, app);
      expect(isLabel(name)).toBe(true);
      expect(name).toMatch(/^pr-1234567890-a+-[0-9a-f]{6}$/);
    }
    expect(previewName({ pullRequest: 1 }, `${'a'.repeat(60)}b`)).not.toBe(
      previewName({ pullRequest: 1 }, `${'a'.repeat(60)}c`),
    );
  });

  it('of a branch does not pass for that of a pull request', () => {
    expect(nameOf('pr-123')).toMatch(/^pr-123-[0-9a-f]{6}-myapp$/);
    expect(nameOf('PR/123')).toMatch(/^pr-123-[0-9a-f]{6}-myapp$/);
  });
});
