import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Gather, gatherTime } from '../../src/chat/gather.ts';

/** A socket that keeps what it was given at once. */
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
  it('sends what is written within a moment in one packet', async () => {
    const [gather, socket] = [new Gather(), new Packets()];
    for (const text of ['one ', 'two ', 'three']) {
      gather.hold(socket, 10);
      socket.write(text);
    }
    expect(socket.packets).toEqual([]);
    await once(socket, 'packet');
    gather.hold(socket, 10);
    socket.write('four');
    await once(socket, 'packet');
    expect(socket.packets).toEqual(['one two three', 'four']);
  });

  it('sends everything at once where there are few readers', () => {
    const [gather, socket] = [new Gather(), new Packets()];
    gather.hold(socket, gatherTime(50));
    socket.write('one');
    expect(socket.packets).toEqual(['one']);
    expect([51, 500, 2000].map(gatherTime)).toEqual([6.375, 60, 60]);
  });
});
