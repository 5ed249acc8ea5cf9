/**
 * Finds `..` in a path, in every spelling that some app resolves. Where a path is a boundary, of a route or of a target
 * with a path, `/api/../admin` must not pass as a path below `/api`. A single dot leads nowhere, and `apt-get` sends it.
 */

/** Whether a path has a segment that an app may take for `..`. */
export function leadsUp(path: string): boolean {
  // Almost every path is decided here.
  if (!/\.\.|%/.test(path)) return false;
  // Servlet containers cut a segment at `;`, C programs at NUL, others at what a URL ends with; Windows ignores blanks.
  // rule: a dot segment may end with something that is cut off
  // mutate: [\0/\\;?#] => [/\\]
  return /(^|[/\\])[\0 ]*\.\.[\0-\x20]*($|[\0/\\;?#])/.test(decoded(path));
}

/** Returns a path as the most lenient of all apps would read it. */
function decoded(path: string): string {
  let text = path;
  // What an app decodes twice, or a proxy in front of it once more, was encoded as often.
  for (let pass = 0; pass < 3 && text.includes('%'); pass++) {
    // rule: a dot segment may be encoded any number of times
    // mutate: (?:25)+ => (?:xx)+
    text = text
      .replace(/%(?:25)+(?=[0-9a-f]{2}|u)/gi, '%')
      .replace(/%u([0-9a-f]{4})/gi, (_, hex) =>
        Buffer.from(String.fromCharCode(Number.parseInt(hex, 16))).toString('latin1'),
      )
      .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  // rule: a dot segment may be in overlong UTF-8
  // mutate: ascii => '$&'
  const bytes = text
    .replace(/(?:[\xc0\xc1]|\xe0[\x80\x81]|\xf0\x80[\x80\x81])[\s\S]/g, ascii)
    // URL parsers drop these.
    .replace(/[\t\n\r]/g, '');
  // rule: a dot segment may be in characters that fold to ASCII
  // mutate: .normalize('NFKC') =>
  return Buffer.from(bytes, 'latin1')
    .toString()
    .normalize('NFKC')
    .replace(/[\u2044\u2215]/g, '/')
    .replace(/\u2216/g, '\\');
}

/** Returns the character that a UTF-8 sequence longer than it need be stands for. */
function ascii(sequence: string): string {
  const [before = 0, last = 0] = Buffer.from(sequence.slice(-2), 'latin1');
  return String.fromCharCode(((before & 1) << 6) | (last & 0x3f));
}
