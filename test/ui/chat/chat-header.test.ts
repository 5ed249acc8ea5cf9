import { describe, expect, it } from 'vitest';
import { doorsText } from '../../../src/ui/chat/chat-header.tsx';

describe('the doors of a chat in a sandbox', () => {
  it('are listed for a browser and for a terminal, with URLs that this machine can open', () => {
    const doors = [
      { who: 'alice@example.com', url: 'http://127.0.0.1:4001' },
      { who: 'ci-runner (tag:ci)', url: 'http://127.0.0.1:4002' },
    ];
    expect(doorsText(doors, { columns: 80, color: false })).toMatchInlineSnapshot(`
      "
      Open it on this machine as
        alice@example.com   http://127.0.0.1:4001
        ci-runner (tag:ci)  http://127.0.0.1:4002
      or in a terminal: tsexpose chat join http://127.0.0.1:4001
      "
    `);
  });
});
