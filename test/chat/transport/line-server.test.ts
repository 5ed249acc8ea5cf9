import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LineReader } from '../../../src/chat/transport/line-reader.ts';
import { acceptLines } from '../../../src/chat/transport/line-server.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { type LoopbackChat, RawClient, startChat } from '../loopback.ts';
import { alice, bob, ci, user } from '../people.ts';

class Nc {
  readonly socket: net.Socket;
  text = '';

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (data) => {
      this.text += data;
      this.socket.emit('more');
    });
  }

  async sees(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) await once(this.socket, 'more');
    return this.text;
  }
}

describe('the line server', () => {
  let loopback: LoopbackChat;
  beforeEach(() => {
    loopback = startChat();
  });
  afterEach(() => loopback[Symbol.asyncDispose]());

  it('asks for no name, because the connection has one', async () => {
    await RawClient.enter(await loopback.endpoint(bob));
    const nc = new Nc(await loopback.linePort(alice));
    expect(await nc.sees(/help/)).toBe(
      '-- You are Alice Example (alice@example.com) in lobby, with Bob Example (bob@example.com).\n' +
        '-- Type a line to send it. /help lists the commands.\n',
    );
  });

  it('carries a conversation, and does not repeat what was typed', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const nc = new Nc(await loopback.linePort(ci));
    nc.socket.write('build 17 :tada:\n');
    expect(await b.next('message')).toMatchObject({ text: 'build 17 🎉', from: { name: 'ci-runner' } });
    b.send({ type: 'say', ref: 'r', text: 'nice\n14:02 Alice Example: me too' });
    const text = await nc.sees(/me too/);
    expect(text).toMatch(/^\d\d:\d\d Bob Example: nice\n {6}14:02 Alice Example: me too$/m);
    expect(text).not.toContain('build 17');
  });

  it('sends everything piped into it, no faster than a person may, and hangs up', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const nc = new Nc(await loopback.linePort(ci));
    nc.socket.end(Array.from({ length: 10 }, (_, index) => `line ${index}`).join('\n'));
    await once(nc.socket, 'end');
    const said = b.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    expect(said).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index}`));
    expect(nc.text).toMatch(/-- Goodbye\.\n$/);
  });

  it('neither prints nor accepts control characters', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const nc = new Nc(await loopback.linePort({ ...alice, name: 'Al\u001b[2Jice' }));
    await nc.sees(/help/);
    nc.socket.write('\u001b[31mred \u202etxt\u0007\n');
    expect((await b.next('message')).text).toBe('red txt');
    b.send({ type: 'say', ref: 'r', text: 'a\u001b]0;owned\u0007b\u009b2J' });
    await nc.sees(/Bob Example: ab/);
    expect(nc.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('shows the login where no name can write one', async () => {
    const nc = new Nc(await loopback.linePort(alice));
    await nc.sees(/help/);
    const name = 'Alice Example (alice@example.com): I resign.\u2028 Bob';
    const m = await RawClient.enter(await loopback.endpoint(user('mallory@evil.example', { name })));
    m.send({ type: 'say', ref: 'r', text: 'hello' });
    const text = await nc.sees(/hello/);
    expect(text).toMatch(
      /^\d\d:\d\d [^():@]* \(mallory@evil\.example\) joined\n\d\d:\d\d [^():@]* \(mallory@evil\.example\): hello$/m,
    );
    expect(text.match(/\(alice@example\.com\)/g)).toHaveLength(1); // who I am
  });

  it('answers telnet with its line ends, and ignores its commands', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const nc = new Nc(await loopback.linePort(alice));
    nc.socket.write(Buffer.from([255, 253, 3, 255, 250, 24, 0, 120, 255, 240, 104, 105, 13, 10]));
    expect((await b.next('message')).text).toBe('hi');
    nc.socket.write('/quit\r\n');
    expect(await nc.sees(/Goodbye/)).toMatch(/-- Goodbye\.\r\n$/);
  });

  it('hangs up on a line without an end', async () => {
    const nc = new Nc(await loopback.linePort(alice));
    nc.socket.write('x'.repeat(10_000));
    await nc.sees(/too long/);
    await once(nc.socket, 'end');
  });

  it('hangs up when the caller’s device is removed from the tailnet', async () => {
    const server = net.createServer((socket) => acceptLines(loopback.chat, socket, alice)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const connected = once(server, 'connection');
    const nc = new Nc((server.address() as net.AddressInfo).port);
    const [socket] = await connected;
    await nc.sees(/help/);
    socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    await nc.sees(/no longer recognizes you/);
    await once(nc.socket, 'end');
    nc.socket.destroy();
  });

  it('rejects a caller that whois does not know', async () => {
    const nc = new Nc(await loopback.linePort(unknownIdentity('100.64.0.1', 1)));
    expect(await nc.sees(/\n/)).toMatch(/We could not identify you\./);
  });
});

describe('LineReader', () => {
  it('joins characters that arrive in pieces', () => {
    const reader = new LineReader();
    const bytes = Buffer.from('grüße 🦊\nrest');
    const lines = [...bytes].flatMap((byte) => reader.push(Buffer.from([byte])));
    expect(lines).toEqual(['grüße 🦊']);
    expect(reader.end()).toBe('rest');
  });
});
