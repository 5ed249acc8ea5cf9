/** Returns the command lines of tsexpose in a shell command: its words after the program, up to what ends a command. */
export function commandLines(text: string): string[][] {
  const joined = text.replace(/\\\n\s*/g, ' ');
  return joined.split('\n').flatMap((line) =>
    splitCommands(line.replace(/^\$ /, '')).flatMap((words) => {
      const program = words.findIndex((word) => !/^\w+=/.test(word));
      let rest = program < 0 ? [] : words.slice(program);
      if (rest[0] === 'npx') rest = rest.slice(1).filter((word, index) => index > 0 || !/^(-y|--yes)$/.test(word));
      return /^tsexpose(@[\w.-]+)?$/.test(rest[0] ?? '') ? [rest.slice(1)] : [];
    }),
  );
}

/** Splits a line into commands, and those into words, as a shell does; a comment and redirections are left out. */
function splitCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  const tokens = /\s+|(?<=^|\s)#.*$|&&|\|\||[|;&]|\d?>>?&?\s*\S+|<\s*\S+|(?:'[^']*'|"[^"]*"|\\.|[^\s'"|;&<>\\])+/g;
  for (const [token] of line.matchAll(tokens)) {
    if (/^\s+$|^#|^\d?>|^</.test(token)) continue;
    if (/^(&&|\|\||[|;&])$/.test(token)) commands.push([]);
    else
      commands.at(-1)!.push(token.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, ...parts) => parts.slice(0, 3).join('')));
  }
  return commands;
}
