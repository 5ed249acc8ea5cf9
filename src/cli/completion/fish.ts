import { type CompletedCommand, type CompletedFlag, quoted, splitCommands, type Values } from './command-words.ts';

/** Returns a completion for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const all = commands.map(({ words }) => words);
  const { first, pairs } = splitCommands(commands);
  return `# fish completion for tsexpose. Load it with: tsexpose completion fish | source
function __tsexpose_is
    set -l words (commandline -opc)[2..]
    set -l command expose
    if contains -- "$words[1]" ${first.join(' ')}
        set command $words[1]
    end
    if contains -- "$words[1] $words[2]" ${pairs.map(({ words }) => quoted(words)).join(' ')}
        set command "$words[1] $words[2]"
    end
    test "$command" = "$argv"
end
function __tsexpose_nodes
    tsexpose list 2>/dev/null | awk 'NR > 1 { print $1 }'
end
function __tsexpose_at
    test (count (commandline -opc)) -eq $argv[1]
end
complete -c tsexpose -f
${commands.flatMap((command) => [...nameLines(command, all), ...commandLines(command)]).join('\n')}
`;
}

function nameLines({ words, summary }: CompletedCommand, all: readonly string[]): string[] {
  const [first = '', second] = words.split(' ');
  const line = (condition: string, word: string, text: string) =>
    `complete -c tsexpose -n ${quoted(condition)} -a ${quoted(word)} -d ${quoted(text)}`;
  if (second === undefined) return [line('__tsexpose_at 1', first, summary)];
  const lines = [line(`__tsexpose_at 2; and __tsexpose_is ${first}`, second, summary)];
  // A word that is no command by itself.
  return all.includes(first) ? lines : [line('__tsexpose_at 1', first, summary), ...lines];
}

function commandLines({ words, flags, argument }: CompletedCommand): string[] {
  const condition = `-n ${quoted(`__tsexpose_is ${words}`)}`;
  const lines = flags.map((flag) => `complete -c tsexpose ${condition} ${flagWords(flag)}`);
  return argument === undefined ? lines : [...lines, `complete -c tsexpose ${condition} ${argumentWords(argument)}`];
}

function flagWords({ name, char, description, value, values }: CompletedFlag): string {
  const takes = value === undefined ? [] : [values === 'file' || values === 'directory' ? '-r -F' : '-x'];
  const offers = values === undefined || takes[0] === '-r -F' ? [] : [argumentWords(values)];
  return [...(char ? [`-s ${char}`] : []), `-l ${name}`, ...takes, ...offers, `-d ${quoted(description)}`].join(' ');
}

function argumentWords(values: Exclude<Values, undefined>): string {
  if (values === 'file' || values === 'directory') return '-F';
  return `-a ${quoted(values === 'node' ? '(__tsexpose_nodes)' : values.join(' '))}`;
}
