import { type CompletedCommand, type CompletedFlag, quoted, splitCommands, type Values } from './command-words.ts';

/** Returns a completion for bash 3.2 and newer. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const { first, pairs } = splitCommands(commands);
  return `# bash completion for tsexpose. Load it with: source <(tsexpose completion bash)
_tsexpose_reply() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$@" -- "$cur"))
}
_tsexpose_files() {
  compopt -o filenames 2>/dev/null
  _tsexpose_reply "$1"
}
_tsexpose_nodes() {
  _tsexpose_reply -W "$(tsexpose list 2>/dev/null | awk 'NR > 1 { print $1 }')"
}
_tsexpose() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=expose at=1 i
  COMPREPLY=()
  # bash takes --flag=value for three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      if declare -F _command_offset >/dev/null; then _command_offset $((i + 1)); else _tsexpose_files -f; fi
      return
    fi
  done
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
      ${first.join('|')}) command=\${COMP_WORDS[1]} at=2 ;;
    esac
  fi
  if ((COMP_CWORD > 2)); then
    case "$command \${COMP_WORDS[2]}" in
      ${pairs.map(({ words }) => quoted(words)).join('|')}) command="$command \${COMP_WORDS[2]}" at=3 ;;
    esac
  fi
  case "$command $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
${commands.map((command) => commandCase(command)).join('\n')}
  esac
  if [[ $cur != -* ]] && ((COMP_CWORD == at)); then
    case "$command" in
${subcommandCases(first, pairs).join('\n')}
    esac
  fi
}
complete -F _tsexpose tsexpose
`;
}

function valueCases({ words, flags }: CompletedCommand): string[] {
  return flags
    .filter(({ value }) => value !== undefined)
    .map(
      (flag) =>
        `    ${spellings(flag)
          .map((word) => quoted(`${words} ${word}`))
          .join('|')}) ${reply(flag.values)}; return ;;`,
    );
}

function commandCase({ words, flags, argument }: CompletedCommand): string {
  const spelled = flags.flatMap(spellings).join('\n');
  return `    ${quoted(words)}) if [[ $cur == -* ]]; then _tsexpose_reply -W ${quoted(spelled)}; else ${reply(argument)}; fi ;;`;
}

/** Offers the second words of commands, and all commands where the default command could have a target. */
function subcommandCases(first: string[], pairs: readonly CompletedCommand[]): string[] {
  const seconds = new Map<string, string[]>();
  for (const { words } of pairs) {
    const [start = '', second = ''] = words.split(' ');
    seconds.set(start, [...(seconds.get(start) ?? []), second]);
  }
  const offer = (words: string[]) =>
    `local IFS=$'\\n'; COMPREPLY+=($(compgen -W ${quoted(words.join('\n'))} -- "$cur"))`;
  const cases = [...seconds].map(([start, words]) => `      ${start}) ${offer(words)} ;;`);
  return [`      expose) if ((COMP_CWORD == 1)); then ${offer(first)}; fi ;;`, ...cases];
}

function reply(values: Values): string {
  if (values === undefined) return ':';
  if (values === 'file') return '_tsexpose_files -f';
  if (values === 'directory') return '_tsexpose_files -d';
  if (values === 'node') return '_tsexpose_nodes';
  return `_tsexpose_reply -W ${quoted(values.join('\n'))}`;
}

function spellings({ name, char }: CompletedFlag): string[] {
  return [`--${name}`, ...(char ? [`-${char}`] : [])];
}
