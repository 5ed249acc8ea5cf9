import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { initialModel } from '../../src/ui/expose-model.ts';

// Bold and dim are no colours, and NO_COLOR leaves them.
const COLOR = /\u001b\[3[0-7](;|m)/;

describe('colours', () => {
  // The colour library looks at the environment once, when it is loaded.
  beforeAll(() => void vi.stubEnv('FORCE_COLOR', '1'));
  afterAll(() => void vi.unstubAllEnvs());

  async function draw(color: boolean) {
    const { renderToString } = await import('ink');
    const { ExposeScreen } = await import('../../src/ui/expose-screen.tsx');
    return renderToString(<ExposeScreen model={initialModel('x')} columns={80} color={color} />);
  }

  it('are used where they are wanted', async () => {
    expect(await draw(true)).toMatch(COLOR);
  });

  it('are left out where they are not', async () => {
    expect(await draw(false)).not.toMatch(COLOR);
  });
});
