import { failed, ok, type Result } from '../model/failure.ts';
import type { TreeEntry } from '../model/git.ts';
import { splitAtNul } from './paths.ts';

/** What `ls-tree -r -z -l` prints. */
export const entriesOf = (output: Buffer): readonly TreeEntry[] => splitAtNul(output).map(entryOf);

const kinds: Readonly<Record<string, TreeEntry['kind']>> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'program',
  '120000': 'symlink',
  '160000': 'submodule',
};

/** `100644 blob <hash>   <bytes>\t<path>` */
const entryOf = (line: Buffer): TreeEntry => {
  const tab = line.indexOf('\t');
  const [mode = '', , blob = '', bytes = ''] = line.subarray(0, tab).toString().split(/ +/);
  return {
    kind: kinds[mode] ?? 'other',
    blob,
    bytes: /^[0-9]+$/.test(bytes) ? Number(bytes) : 0,
    path: line.subarray(tab + 1),
  };
};

/** What `cat-file --batch` prints: `<hash> blob <bytes>\n<content>\n`, one after the other. */
export const contentsOf = (output: Buffer, ids: readonly string[]): Result<readonly Buffer[]> => {
  const contents: Buffer[] = [];
  let at = 0;
  for (const id of ids) {
    const end = output.indexOf(10, at);
    const [, type, bytes] = output.subarray(at, end).toString().split(' ');
    if (end < 0 || type !== 'blob') return failed('retry', `${id} is not in the repository`);
    const from = end + 1;
    const to = from + Number(bytes);
    contents.push(output.subarray(from, to));
    at = to + 1;
  }
  return ok(contents);
};
