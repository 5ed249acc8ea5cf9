import { describe, expect, it } from 'vitest';
import { goneText, type Preview, readyText } from '../../../../src/cli/ci/report/markdown.ts';

const preview: Preview = {
  ...{ key: 'pr-1-myapp', name: 'pr-1-myapp', fqdn: 'pr-1-myapp.tail1234.ts.net', tailnet: 'example.com' },
  ...{ urls: ['https://pr-1-myapp.tail1234.ts.net'], allow: [] },
};

describe('what reviewers read', () => {
  it('has the URL, who has access, and a QR code', () => {
    const text = readyText({ ...preview, commit: 'abcdef0123456789', ttl: 7_200_000, idle: 1_200_000 });
    expect(text).toContain('[https://pr-1-myapp.tail1234.ts.net](https://pr-1-myapp.tail1234.ts.net)');
    expect(text).toContain('| Who may | everyone on the tailnet |');
    expect(text).toContain('for at most 2 hours, until there is no request for 20 minutes |');
    expect(text).toContain('`abcdef012345`');
    expect(text).toMatch(/```\n[█▀▄ \n]+\n```/);
  });

  it('names the rules', () => {
    expect(readyText({ ...preview, allow: ['alice@example.com', 'tag:ci'] })).toContain(
      '`alice@example.com`, `tag:ci`',
    );
  });

  it('has no markup from a rule or a name', () => {
    const text = readyText({ ...preview, tailnet: 'a` | [x](https://evil.example) `', allow: ['`@team`\n\n# x'] });
    expect(text).toContain('`a [x](https://evil.example)`');
    expect(text).toContain('| Who may | `@team # x` |');
  });

  it('has no markup from a reason', () => {
    const text = goneText(preview, '[click](https://evil.example) @team <img src=x>\n# ![x]');
    expect(text).not.toMatch(/\[click\]|@team|<img|!\[|\n#[^#]/);
    expect(text).toContain('`https://pr-1-myapp.tail1234.ts.net` has ended: &#91;click&#93;');
  });
});
