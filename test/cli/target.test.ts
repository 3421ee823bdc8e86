import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectFolder } from '../../controller/cli/target.ts';

test('a path means the folder, or the folder of the spec file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mlenv.yaml'), '');
  expect(projectFolder(folder, '.')).toBe(folder);
  expect(projectFolder(folder, 'mlenv.yaml')).toBe(folder);
  expect(projectFolder(join(folder, 'below'), undefined)).toBe(folder);
  expect(projectFolder(folder, 'gone')).toBe(join(folder, 'gone'));
});

test('what cannot be looked at is what its name says, for the controller to know', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // As a closed folder does for all but root, this one lets nobody look.
  symlinkSync('closed', join(folder, 'closed'));
  expect(projectFolder(folder, 'closed/vision')).toBe(join(folder, 'closed', 'vision'));
  expect(projectFolder(folder, 'closed/vision/mlenv.yaml')).toBe(join(folder, 'closed', 'vision'));
});
