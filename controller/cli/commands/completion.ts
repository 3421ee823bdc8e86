import { ApiError } from '../../model/api.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export const run = async ({ io }: Context, shell: string): Promise<number> => {
  const script = isShell(shell) ? scripts[shell] : undefined;
  if (script === undefined) throw new ApiError('usage', `no completion for ${shell}`);
  io.stdout.write(script);
  return exitCode.done;
};

/** Each asks `mlenv __complete` for candidates; where there are none the shell offers files. */
export const scripts = {
  bash: `# In ~/.bashrc: source <(mlenv completion bash)
_mlenv() {
  local value about
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    COMPREPLY+=("$value")
  done < <(mlenv __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _mlenv mlenv
`,
  zsh: `#compdef mlenv
# In ~/.zshrc, behind compinit: source <(mlenv completion zsh)
_mlenv() {
  local value about
  local -a found
  while IFS=$'\\t' read -r value about; do
    found+=("\${value//:/\\\\:}:$about")
  done < <(mlenv __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe mlenv found; else _files; fi
}
compdef _mlenv mlenv
# From a folder of fpath zsh loads this file as the function itself.
if [ "\${funcstack[1]}" = _mlenv ]; then _mlenv "$@"; fi
`,
  fish: `# In ~/.config/fish/config.fish: mlenv completion fish | source
function __mlenv_complete
  set -l words (commandline -opc)
  set -e words[1]
  mlenv __complete -- $words (commandline -ct) 2>/dev/null
end
complete -c mlenv -a '(__mlenv_complete)'
`,
} as const;

const isShell = (shell: string): shell is keyof typeof scripts => Object.hasOwn(scripts, shell);
