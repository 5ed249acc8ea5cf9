import { describe, expect, it } from 'vitest';
import { EMOJI, expandEmoji } from '../../../src/chat/room/emoji.ts';

describe('expandEmoji', () => {
  it.each([
    ['done :tada:', 'done 🎉'],
    [':+1::wave:', '👍👋'],
    ['no :such-thing: here', 'no :such-thing: here'],
    ['at 10:30:45', 'at 10:30:45'],
    ['http://example.com/:100:/', 'http://example.com/:100:/'],
    ['the code `:wave:` says :wave:', 'the code `:wave:` says 👋'],
    ['```\n:wave:\n```', '```\n:wave:\n```'],
  ])('turns %j into %j', (text, expanded) => expect(expandEmoji(text)).toBe(expanded));
});

describe('EMOJI', () => {
  it('has one emoji for every name', () => {
    expect(EMOJI.size).toBeGreaterThan(250);
    for (const [name, emoji] of EMOJI) {
      expect(name).toMatch(/^[a-z0-9_+-]+$/);
      expect([...new Intl.Segmenter().segment(emoji)], name).toHaveLength(1);
      expect(emoji, name).toMatch(/\p{Emoji}/u);
    }
  });
});
