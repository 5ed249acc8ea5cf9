import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoint, type LoopbackChat, startChat } from '../loopback.ts';
import { alice } from '../people.ts';

describe('every answer of the chat', () => {
  let loopback: LoopbackChat;
  let endpoint: Endpoint;
  beforeAll(async () => {
    loopback = startChat();
    endpoint = await loopback.endpoint(alice);
  });
  afterAll(() => loopback[Symbol.asyncDispose]());

  it.each(['/', '/-/app.js', '/-/qr.svg', '/no/page'])('restricts what a page can do: %s', async (path) => {
    const { headers } = await fetch(endpoint.url + path);
    const policy = headers.get('content-security-policy')?.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });
});
