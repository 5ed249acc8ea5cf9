import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LineWriter } from '../../../src/cli/screen/line-writer.ts';

/** A stream whose reader takes nothing until `resume` is called. */
function stalled() {
  const taken: string[] = [];
  let resume = () => {};
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, callback) {
      resume = () => {
        taken.push(chunk);
        callback();
      };
    },
  });
  return { stream, taken, resume: () => resume() };
}

describe('LineWriter', () => {
  it('writes lines', () => {
    const stream = new PassThrough();
    new LineWriter(stream).write('hello');
    expect(stream.read().toString()).toBe('hello\n');
  });

  it('drops log lines, and only those, while the reader has stopped', () => {
    const { stream } = stalled();
    const writer = new LineWriter(stream);
    const line = 'x'.repeat(100_000);
    for (let i = 0; i < 100; i++) writer.write(line, { droppable: true });
    writer.write('ready');
    const full = stream.writableLength;
    expect(full).toBeLessThan(1.2 * 1024 * 1024);
    writer.write('ready');
    expect(stream.writableLength).toBe(full + 'ready\n'.length);
    expect(writer.takeDropped()).toBeGreaterThan(80);
    expect(writer.takeDropped()).toBe(0);
  });

  it('batches log lines, and keeps the order of all lines', async () => {
    const stream = new PassThrough();
    const chunks: string[] = [];
    stream.on('data', (chunk) => chunks.push(String(chunk)));
    const writer = new LineWriter(stream);
    for (const line of ['a', 'b']) writer.write(line, { droppable: true });
    writer.write('now');
    writer.write('c', { droppable: true });
    await new Promise((resolve) => stream.on('data', () => chunks.length === 2 && resolve(undefined)));
    expect(chunks).toEqual(['a\nb\nnow\n', 'c\n']);
  });

  it('reports once that the reader is gone, and discards later lines', async () => {
    let closed = 0;
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const writer = new LineWriter(stream, () => closed++);
    writer.write('one');
    writer.write('two');
    await new Promise((resolve) => stream.once('close', resolve));
    writer.write('three');
    await writer.flush();
    expect(closed).toBe(1);
  });

  describe('flush', () => {
    it('waits until everything is read', async () => {
      const { stream, taken, resume } = stalled();
      const writer = new LineWriter(stream);
      writer.write('x'.repeat(20_000));
      const flushed = writer.flush();
      resume();
      await flushed;
      expect(taken).toHaveLength(1);
    });

    it('gives up on a stopped reader', async () => {
      const writer = new LineWriter(stalled().stream);
      writer.write('x'.repeat(20_000));
      await writer.flush(20);
    });
  });
});
