import { type CompletedCommand, type CompletedFlag, quoted, splitCommands, type Values } from './command-words.ts';

/** Returns a completion for zsh, as a file in `$fpath` or to be sourced after `compinit`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const { first, pairs } = splitCommands(commands);
  return `#compdef tsexpose
# zsh completion for tsexpose. Load it with: source <(tsexpose completion zsh)
_tsexpose_nodes() {
  local -a nodes
  nodes=(\${(f)"$(tsexpose list 2>/dev/null | awk 'NR > 1 { print $1 }')"})
  _describe node nodes
}
_tsexpose_commands() {
  local -a commands
  commands=(
${described(first.map((word) => [word, summaryOf(commands, word)]))}
  )
  _describe command commands
}
_tsexpose() {
  local curcontext=$curcontext command=expose
  local -a subcommands
  if ((CURRENT > 2)); then
    case $words[2] in
      ${first.join('|')})
        command=$words[2]
        shift words
        ((CURRENT--))
        ;;
    esac
  else
    [[ $PREFIX == -* ]] || _tsexpose_commands
  fi
  if ((CURRENT > 2)); then
    case "$command $words[2]" in
      ${pairs.map(({ words }) => quoted(words)).join('|')})
        command="$command $words[2]"
        shift words
        ((CURRENT--))
        ;;
    esac
  elif [[ $command != expose && $PREFIX != -* ]]; then
    case $command in
${subcommands(pairs).join('\n')}
    esac
  fi
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _tsexpose ]]; then
  _tsexpose "$@"
else
  compdef _tsexpose tsexpose
fi
`;
}

function summaryOf(commands: readonly CompletedCommand[], word: string): string {
  return commands.find(({ words }) => words === word || words.startsWith(`${word} `))!.summary;
}

function described(rows: string[][]): string {
  return rows.map(([word = '', text = '']) => `    ${quoted(`${word}:${text.replaceAll(':', '\\:')}`)}`).join('\n');
}

function subcommands(pairs: readonly CompletedCommand[]): string[] {
  const rows = new Map<string, string[][]>();
  for (const { words, summary } of pairs) {
    const [first = '', second = ''] = words.split(' ');
    rows.set(first, [...(rows.get(first) ?? []), [second, summary]]);
  }
  return [...rows].map(
    ([first, list]) => `      ${first}) subcommands=(\n${described(list)}\n      ); _describe command subcommands ;;`,
  );
}

function commandCase({ words, flags, argument }: CompletedCommand): string {
  const specs = [...flags.map(flagSpec), quoted(`*:argument:${action(argument)}`)];
  return `    ${quoted(words)})\n      _arguments -s ${specs.join(' \\\n        ')}\n      ;;`;
}

function flagSpec({ name, char, description, value, values, repeatable }: CompletedFlag): string {
  const text = description.replace(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:');
  const takes = value === undefined ? '' : `:${value.replaceAll(':', '\\:')}:${action(values)}`;
  const long = value === undefined ? `--${name}` : `--${name}=`;
  if (!char) return quoted(`${repeatable ? '*' : ''}${long}[${text}]${takes}`);
  const others = repeatable ? quoted('*') : quoted(`(-${char} --${name})`);
  return `${others}{-${char},${long}}${quoted(`[${text}]${takes}`)}`;
}

function action(values: Values): string {
  if (values === undefined) return ' ';
  if (values === 'file') return '_files';
  if (values === 'directory') return '_files -/';
  return values === 'node' ? '_tsexpose_nodes' : `(${values.join(' ')})`;
}
