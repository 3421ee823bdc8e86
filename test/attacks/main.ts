import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { packageFolder } from '../../schema/files.ts';
import { attacks } from './list.ts';
import { applyPatch, patchNames } from './patches.ts';

/**
 * npm run attacks [-- NAME…]: for each patch in off/ a copy of the tree without that cure, in which every
 * attack of that cure must win. Run in the tree, as root. Exit 0: each attack can win, so that its failure
 * in `npm test` means something.
 */
const root = packageFolder();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !patchNames().includes(name));
if (unknown.length > 0) {
  console.error(`no such patch: ${unknown.join(', ')}; there are ${patchNames().join(', ')}`);
  process.exit(2);
}

const leftOut = new Set(['.git', '.cache', 'dist', 'node_modules', 'coverage']);

const copyTree = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-attacks-'));
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  cpSync(root, tree, {
    recursive: true,
    filter: (path) => !leftOut.has(relative(root, path).split('/')[0] ?? ''),
  });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  return tree;
};

/** What was to be said where it is not so; null: all of its attacks won. */
const faultOf = (name: string): string | null => {
  const tree = copyTree();
  try {
    applyPatch(tree, name, { check: false });
    const run = (command: string, args: readonly string[]): number =>
      spawnSync(command, [...args], {
        cwd: tree,
        stdio: 'inherit',
        env: { ...process.env, ATTACKS_OFF: name },
      }).status ?? 1;
    if (run('node_modules/.bin/tsc', ['-p', 'tsconfig.json']) !== 0) return 'it does not compile';
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'engine'];
    return run(process.execPath, [...vitest, 'test/attacks/attacks.test.ts']) === 0
      ? null
      : 'an attack did not win';
  } finally {
    rmSync(join(tree, '..'), { recursive: true, force: true });
  }
};

const faults = (asked.length > 0 ? asked : patchNames()).flatMap((name) => {
  const count = attacks.filter(({ off }) => off === name).length;
  console.log(`\n== without ${name}: ${count} attacks`);
  const fault = count === 0 ? 'no attack is stopped by it' : faultOf(name);
  return fault === null ? [] : [`${name}: ${fault}`];
});
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? '\nEvery attack wins where its cure is off.' : '');
process.exitCode = faults.length === 0 ? 0 : 1;
