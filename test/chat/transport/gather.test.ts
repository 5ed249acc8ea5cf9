import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Gather, gatherTime } from '../../../src/chat/transport/gather.ts';

/** A socket that records its packets. */
class Packets extends Duplex {
  readonly packets: string[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.packets.push(String(chunk));
    this.emit('packet');
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.packets.push(chunks.map(({ chunk }) => String(chunk)).join(''));
    this.emit('packet');
    done();
  }
}

describe('gather', () => {
  it('sends the first write at once, and those that follow soon in one packet', async () => {
    const [gather, socket] = [new Gather(), new Packets()];
    const write = (text: string) => {
      gather.hold(socket, 100);
      socket.write(text);
    };
    for (const text of ['one', 'two ', 'three ', 'four']) write(text);
    expect(socket.packets).toEqual(['one']);
    await once(socket, 'packet');
    // That was a packet too, so that this has to wait again.
    for (const text of ['five ', 'six']) write(text);
    await once(socket, 'packet');
    expect(socket.packets).toEqual(['one', 'two three four', 'five six']);
    await expect
      .poll(
        () => {
          write('late');
          return socket.packets.at(-1);
        },
        { interval: 250 },
      )
      .toBe('late');
  });

  it('does not hold back the first write to another reader', () => {
    const [gather, busy, idle] = [new Gather(), new Packets(), new Packets()];
    for (const socket of [busy, busy, idle]) {
      gather.hold(socket, 1000);
      socket.write('one');
    }
    expect([busy.packets, idle.packets]).toEqual([['one'], ['one']]);
    busy.uncork();
  });

  it('holds nothing back if there are few readers', () => {
    const [gather, socket] = [new Gather(), new Packets()];
    gather.hold(socket, gatherTime(50));
    socket.write('one');
    expect(socket.packets).toEqual(['one']);
    expect([51, 500, 2000].map(gatherTime)).toEqual([6.375, 60, 60]);
  });
});
