import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { initialModel } from '../../../src/ui/screen/expose-model.ts';

// Bold and dim are not colors, and NO_COLOR keeps them.
const COLOR = /\u001b\[3[0-7](;|m)/;

describe('colors', () => {
  // The color library reads the environment once, when it is loaded.
  beforeAll(() => void vi.stubEnv('FORCE_COLOR', '1'));
  afterAll(() => void vi.unstubAllEnvs());

  async function draw(color: boolean) {
    const { renderToString } = await import('ink');
    const { ExposeScreen } = await import('../../../src/ui/screen/expose-screen.tsx');
    return renderToString(<ExposeScreen model={initialModel('x')} columns={80} color={color} />);
  }

  it('are used if they are on', async () => {
    expect(await draw(true)).toMatch(COLOR);
  });

  it('are left out if they are off', async () => {
    expect(await draw(false)).not.toMatch(COLOR);
  });
});
