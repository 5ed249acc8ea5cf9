import { StringDecoder } from 'node:string_decoder';

/** Longest line, in characters. */
export const MAX_LINE = 8 * 1024;

const IAC = 255;
const SUBNEGOTIATION = 250;
const SUBNEGOTIATION_END = 240;
const END_OF_TRANSMISSION = '\u0004';

/** Reads lines of text from what `nc`, `telnet`, and similar programs send. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #telnet: 'text' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation-command' = 'text';

  /** Whether the current line is too long. */
  get overflowed(): boolean {
    return this.#rest.length > MAX_LINE;
  }

  /** Takes a chunk and returns the lines it completes. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(this.#textOf(chunk))).split('\n');
    this.#rest = lines.pop() ?? '';
    // A terminal outside line mode sends Ctrl-D as a character.
    return lines.map((line) => line.replaceAll(END_OF_TRANSMISSION, ''));
  }

  /** Returns the last line, which has no line end. */
  end(): string {
    return (this.#rest + this.#decoder.end()).replaceAll(END_OF_TRANSMISSION, '');
  }

  // Removes telnet's own commands (RFC 854). Their first byte never occurs in UTF-8.
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
        // WILL, WONT, DO, and DONT are followed by an option.
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
