import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';

const folder = join(packageFolder(), 'test', 'attacks', 'off');

export const patchNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .map((name) => name.slice(0, -'.patch'.length))
    .sort();

/** Throws git's words where it does not apply to the tree. */
export const applyPatch = (
  tree: string,
  name: string,
  { check }: { readonly check: boolean },
): void => {
  execFileSync('git', ['apply', ...(check ? ['--check'] : []), join(folder, `${name}.patch`)], {
    cwd: tree,
    // In a folder of another repository git would look for the files from the top of that one, and find nothing to do.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(tree), GIT_DIR: '/nonexistent' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
};
