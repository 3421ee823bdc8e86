import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { read, root, trackedFiles } from './package.ts';

// Written in parts, so that this file passes its own test.
const registries = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'npmjs', 'com'],
  ['registry', 'yarnpkg', 'com'],
  ['registry', 'npmmirror', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['npm', 'jsr', 'io'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
].map((parts) => parts.join('.'));

// A folder right below / may be a word like any other; /root and /tmp are in fact.
const machinePaths = [root, homedir()].filter((path) => path.split('/').length > 2);

test('no tracked file names a package registry or a path of the machine it was written on', () => {
  const forbidden = [...registries, ...machinePaths];
  const found = trackedFiles().flatMap((file) => {
    const text = read(file);
    return forbidden.filter((word) => text.includes(word)).map((word) => `${file}: ${word}`);
  });
  expect(found).toEqual([]);
});
