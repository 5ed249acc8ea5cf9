import { StringDecoder } from 'node:string_decoder';

/** Longest line, in characters. */
export const MAX_LINE = 8 * 1024;

const IAC = 255;
const SUBNEGOTIATION = 250;
const SUBNEGOTIATION_END = 240;
const END_OF_TRANSMISSION = '\u0004';

/** Takes lines of text out of what `nc`, `telnet` and the like send. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #telnet: 'text' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation-command' = 'text';

  /** Whether a line has become longer than a line may be. */
  get overflown(): boolean {
    return this.#rest.length > MAX_LINE;
  }

  /** The lines that a chunk completes. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(this.#textOf(chunk))).split('\n');
    this.#rest = lines.pop() ?? '';
    // A terminal that is not in line mode sends Ctrl-D as a character.
    return lines.map((line) => line.replaceAll(END_OF_TRANSMISSION, ''));
  }

  /** What is left when the other end has said everything. */
  end(): string {
    return (this.#rest + this.#decoder.end()).replaceAll(END_OF_TRANSMISSION, '');
  }

  // Telnet's own commands are no text (RFC 854). In UTF-8 their first byte never occurs.
  #textOf(chunk: Buffer): Buffer {
    if (this.#telnet === 'text' && !chunk.includes(IAC)) return chunk;
    return chunk.filter((byte) => this.#isText(byte)) as Buffer;
  }

  #isText(byte: number): boolean {
    switch (this.#telnet) {
      case 'text':
        if (byte === IAC) this.#telnet = 'command';
        return byte !== IAC;
      case 'command':
        // WILL, WONT, DO and DONT are followed by an option.
        this.#telnet =
          byte === SUBNEGOTIATION ? 'subnegotiation' : byte > SUBNEGOTIATION && byte < IAC ? 'option' : 'text';
        return false;
      case 'option':
        this.#telnet = 'text';
        return false;
      case 'subnegotiation':
        if (byte === IAC) this.#telnet = 'subnegotiation-command';
        return false;
      case 'subnegotiation-command':
        this.#telnet = byte === SUBNEGOTIATION_END ? 'text' : 'subnegotiation';
        return false;
    }
  }
}
