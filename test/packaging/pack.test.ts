import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { manifest, root } from './package.ts';

let files: readonly string[] = [];

// Without scripts: prepack would build anew, beside tests that use what is built.
beforeAll(() => {
  const output = execFileSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const [packed] = JSON.parse(output) as readonly { files: readonly { path: string }[] }[];
  files = packed?.files.map(({ path }) => path) ?? [];
}, 60_000);

test('the package holds the command, the schemas, the migrations and the papers', () => {
  const schemas = readdirSync(join(root, 'schema'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(json|sql)$/.test(file))
    .map((file) => `schema/${file}`);
  expect(schemas).toContain('schema/mlenv.schema.json');
  expect(schemas.some((file) => file.endsWith('.sql'))).toBe(true);
  const papers = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'docs/install.md',
    'docs/systemd/mlenv.service',
    'docs/systemd/mlenv-user.service',
  ];
  expect(files).toEqual(
    expect.arrayContaining([...Object.values(manifest.bin), ...schemas, ...papers]),
  );
});

test('it holds no test, no source and nothing of the workshop', () => {
  const strangers = files.filter(
    (file) =>
      /^(test|controller|specs|node_modules|\.)/.test(file) ||
      /(^|\/)\.|\.tsbuildinfo$|\.map$|\.env$/.test(file) ||
      (file.endsWith('.ts') && !file.endsWith('.d.ts')),
  );
  expect(strangers.filter((file) => file !== 'examples/.gitignore')).toEqual([]);
});

test('every export is in it, and resolves as a user would import it', async () => {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
  );
  for (const target of targets) expect(files).toContain(target.replace(/^\.\//, ''));
  const script = "console.log(Object.keys(await import('mlenv')).length)";
  const names = execFileSync('node', ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(Number(names)).toBeGreaterThan(0);
});

test('the command begins with a line that makes it a program', () => {
  for (const file of Object.values(manifest.bin)) {
    expect(readFileSync(join(root, file), 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  }
});
