/** What a GitHub runner does with the file of a step's outputs. */

/** Reads outputs: `name=value` lines and `name<<END` blocks. */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift()!;
    const [, name, end] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined) {
      const value = lines.splice(0, lines.indexOf(end!));
      lines.shift();
      outputs[name] = value.join('\n');
    } else if (line !== '') {
      outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return outputs;
}
