import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { packageFolder } from '../../schema/files.ts';

/** What is loaded before a command is known: everything that is imported statically and as a value. */
const loaded = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imports = text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm);
  for (const [, target = ''] of imports) {
    if (!target.startsWith('.')) seen.add(target);
    else loaded(join(dirname(file), target), seen);
  }
  return seen;
};

it('the command line starts with commander and its own small files alone', () => {
  const program = join(packageFolder(), 'controller/cli/program.ts');
  expect(existsSync(program)).toBe(true);
  const all = [...loaded(program)];
  const packages = all.filter((name) => !name.startsWith('/') && !name.startsWith('node:'));
  expect(packages).toEqual(['commander']);
  const folders = new Set(
    all
      .filter((name) => name.startsWith('/'))
      .map((name) => dirname(name.slice(packageFolder().length + 1))),
  );
  expect([...folders].sort()).toEqual(['controller/cli', 'controller/model']);
});
