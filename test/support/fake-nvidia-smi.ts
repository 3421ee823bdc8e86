import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const recordings = fileURLToPath(new URL('../fixtures/nvidia-smi', import.meta.url));

/**
 * Writes a program into `folder` that answers as nvidia-smi did in `test/fixtures/nvidia-smi/<scenario>`, and
 * returns its path. What it answers is found by what it is asked:
 *
 * - `query-gpu.csv`, `query-compute-apps.csv`: the first line names the fields; only those asked for are
 *   printed, and one that is not there is refused as nvidia-smi does. A line that starts with `!` is printed as
 *   it is.
 * - `list.txt` (`-L`), `topo.txt` (`topo -m`), `version.txt` (`--version`), `table.txt` (no argument)
 * - `<name>.exit`: its exit code; `<name>.hang`: it never answers and ignores SIGTERM
 * - `all.txt`, `all.exit`, `all.hang`: for every question
 *
 * A file of such a name in `folder` itself stands for the one of the recording.
 */
export const fakeNvidiaSmi = (folder: string, scenario: string): string => {
  setScenario(folder, scenario);
  const path = join(folder, 'nvidia-smi');
  writeFileSync(path, program(folder));
  chmodSync(path, 0o755);
  return path;
};

/** From its next start on the program plays this recording. */
export const setScenario = (folder: string, scenario: string): void => {
  if (!existsSync(join(recordings, scenario))) throw new Error(`no recording ${scenario}`);
  const next = join(folder, 'scenario.next');
  writeFileSync(next, scenario);
  renameSync(next, join(folder, 'scenario'));
};

/** What the program was asked so far, a line for each start. */
export const questionsOf = (folder: string): readonly string[] => {
  const path = join(folder, 'questions');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const program = (folder: string): string => `#!/bin/sh
here=${quoted(folder)}
recording=${quoted(recordings)}/$(cat "$here/scenario")
echo "$*" >> "$here/questions"

file() {
  if [ -e "$here/$1" ]; then echo "$here/$1"; elif [ -e "$recording/$1" ]; then echo "$recording/$1"; fi
}

fields=
case "$1" in
  --query-gpu=*) name=query-gpu fields=\${1#*=} ;;
  --query-compute-apps=*) name=query-compute-apps fields=\${1#*=} ;;
  -L) name=list ;;
  topo) name=topo ;;
  --version) name=version ;;
  '') name=table ;;
  *) name=other ;;
esac
for ending in txt exit hang; do
  if [ -n "$(file all.$ending)" ]; then name=all fields=; fi
done

if [ -n "$(file $name.hang)" ]; then
  trap '' TERM
  while :; do sleep 600; done
fi
if [ -n "$fields" ]; then answer=$(file $name.csv); else answer=$(file $name.txt); fi
if [ -z "$answer" ]; then
  echo "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help."
  exit 2
fi
if [ -z "$fields" ]; then
  cat "$answer"
else
  awk -v asked="$fields" '
    NR == 1 {
      known = split($0, names, /, */)
      order = $0
      gsub(/ /, "", order)
      for (i = 1; i <= known; i++) at[names[i]] = i
      wanted = split(asked, ask, ",")
      for (i = 1; i <= wanted; i++) if (!(ask[i] in at)) {
        print "Field \\"" ask[i] "\\" is not a valid field to query.\\n"
        exit 2
      }
      next
    }
    /^!/ { print substr($0, 2); next }
    # A row as it is where all is asked for: a process name may hold commas.
    order == asked { print; next }
    {
      split($0, cells, /, */)
      line = cells[at[ask[1]]]
      for (i = 2; i <= wanted; i++) line = line ", " cells[at[ask[i]]]
      print line
    }
  ' "$answer" || exit $?
fi
code=$(file $name.exit)
if [ -n "$code" ]; then exit "$(cat "$code")"; fi
exit 0
`;
