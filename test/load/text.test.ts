import { expect, it } from 'vitest';
import { cleanText } from '../../src/chat/room/text.ts';
import { duration, medianRatio } from './ratio.ts';

it('a long run of blanks in a message takes about as long to clean as as many letters', async () => {
  const clean = (character: string) => duration(() => void cleanText(`${character.repeat(16_000)}x\n`.repeat(8)));
  // In quadratic time the ratio would be in the hundreds.
  expect(
    await medianRatio(
      () => clean(' '),
      () => clean('y'),
    ),
  ).toBeLessThan(10);
});
