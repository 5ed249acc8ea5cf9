import { describe, expect, it } from 'vitest';
import { samplePage } from '../../../src/cli/demo/sample-page.ts';

const alice = {
  login: 'alice@example.com',
  name: 'Alice Example',
  picture: 'https://example.com/alice.png',
  headers: [['Tailscale-User-Login', 'alice@example.com']] as [string, string][],
};

describe('samplePage', () => {
  it('greets a person by name', () => {
    const page = samplePage(alice);
    expect(page).toContain('<h1>Hello, Alice Example</h1>');
    expect(page).toContain('<img src="https://example.com/alice.png" alt="" width="96" height="96">');
    expect(page).toContain('<tr><th>Tailscale-User-Login</th><td>alice@example.com</td></tr>');
  });

  it('greets a tagged device without a name or picture', () => {
    const page = samplePage({ login: '', name: '', picture: '', headers: [] });
    expect(page).toContain('<h1>Hello, device</h1>');
    expect(page).not.toContain('<img');
  });

  it('escapes HTML in names', () => {
    const hostile = '"><script>alert(1)</script>';
    const page = samplePage({ ...alice, name: hostile, picture: hostile, headers: [[hostile, hostile]] });
    expect(page).not.toContain('<script>');
    expect(page).toContain('&quot;&gt;&lt;script&gt;');
  });
});
