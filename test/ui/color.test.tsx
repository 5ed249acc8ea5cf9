import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { initialModel } from '../../src/ui/expose-model.ts';

const at = new Date(2026, 0, 2, 14, 2, 11);
const request = {
  event: 'request',
  method: 'GET',
  path: '/a',
  status: 502,
  ms: 7,
  bytes: 2,
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.2' },
} as const;

// Bold and dim are no colours, and NO_COLOR leaves them.
const COLOR = /\u001b\[3\d(;|m)/;

describe('colours', () => {
  // The colour library looks at the environment once, when it is loaded.
  beforeAll(() => void vi.stubEnv('FORCE_COLOR', '1'));
  afterAll(() => void vi.unstubAllEnvs());

  async function draw(color: boolean) {
    const { renderToString } = await import('ink');
    const { EventLine } = await import('../../src/ui/event-line.tsx');
    const { ExposeScreen } = await import('../../src/ui/expose-screen.tsx');
    return [
      renderToString(<EventLine event={request} at={at} color={color} />),
      renderToString(<ExposeScreen model={initialModel('x')} columns={80} color={color} />),
    ];
  }

  it('are used where they are wanted', async () => {
    for (const text of await draw(true)) expect(text).toMatch(COLOR);
  });

  it('are left out where they are not', async () => {
    for (const text of await draw(false)) expect(text).not.toMatch(COLOR);
  });
});
