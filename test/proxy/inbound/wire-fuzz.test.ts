import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RecordedRequest, startRecorder } from '../../conformance/recorder.mjs';
import { loadCases } from '../../conformance/runner.mjs';
import { alice } from '../../identity/callers.ts';
import { FUZZ_TIMEOUT, fuzz } from '../../identity/fuzz.ts';
import { startProxy } from '../rig.ts';

const seeds = loadCases()
  .map(({ send = [] }) =>
    Array.isArray(send[0]) ? (send as string[][]).map((lines) => lines.join('\r\n')).join('') : send.join('\r\n'),
  )
  .map((text) => text.replaceAll('{{host}}', 'myapp').replace(/\{\{[^}]*\}\}/g, 'x'));

const noise = fc.oneof(
  fc.constantFrom(
    ...[
      '\r',
      '\n',
      '\r\n',
      '\r\n\r\n',
      ' ',
      '\t',
      '\0',
      ':',
      ',',
      ';',
      '_',
      '-',
      '0',
      '1',
      'chunked',
      'Content-Length: 3\r\n',
    ],
    ...[
      'Transfer-Encoding: chunked\r\n',
      'Tailscale-User-Login: x\r\n',
      'Connection: close, Tailscale-User-Login\r\n',
      'HTTP/1.0',
    ],
    ...[
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'Upgrade: h2c\r\nConnection: upgrade\r\n',
      'Host: b\r\n',
      '\xff',
      '#',
      '//',
      'Expect: 100-continue\r\n',
    ],
  ),
  fc.string({ maxLength: 3 }),
);
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(6), put: noise });
const message = fc
  .tuple(fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }), fc.array(edit, { maxLength: 4 }))
  .map(([parts, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const index = Math.floor(at * text.length);
      return text.slice(0, index) + put + text.slice(index + cut);
    }, parts.join('')),
  );

/** Sends a message and its end, and leaves as soon as there is an answer or the proxy closes the connection. */
async function send(port: number, text: string): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {});
  await once(socket, 'connect');
  const over = new Promise<void>((resolve) => {
    socket.once('data', resolve).once('close', resolve);
  });
  socket.end(Buffer.from(text, 'latin1'));
  await over;
  socket.destroy();
}

function check({ line, headers, trailers }: RecordedRequest): void {
  const fold = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '-');
  const values = (name: string) => headers.filter(([key]) => fold(key) === name).map(([, value]) => value);
  expect(line).toMatch(/^[A-Z-]+ \/[!-~]* HTTP\/1\.1$/);
  expect(trailers).toEqual([]);
  expect(values('host')).toHaveLength(1);
  expect([...values('content-length'), ...values('transfer-encoding')].length).toBeLessThanOrEqual(1);
  expect(values('tailscale-user-login')).toEqual([alice.login]);
  expect(values('x-forwarded-for')).toEqual([alice.ip]);
  const ours = ['tailscale-user-login', 'tailscale-user-name', 'tailscale-user-profile-pic', 'tailscale-headers-info'];
  for (const [name] of headers) if (/^(x-)?tailscale-/.test(fold(name))) expect(ours).toContain(fold(name));
}

describe('the proxy with arbitrary bytes', () => {
  it(
    'gives the app whole requests of the real caller and nothing else',
    async () => {
      const recorder = await startRecorder();
      onTestFinished(() => recorder.close());
      const { port, url } = await startProxy(`127.0.0.1:${recorder.port}`);
      await fuzz(
        fc.asyncProperty(message, async (text) => {
          await send(port, text);
          for (const request of recorder.requests.splice(0)) check(request);
        }),
        150,
      );
      expect((await fetch(url)).status).toBe(200);
      for (const request of recorder.requests) check(request);
    },
    FUZZ_TIMEOUT,
  );
});
