import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandFact } from '../../controller/setup/actions.ts';
import { unitText } from '../../controller/setup/unit-text.ts';
import { root } from './package.ts';

const unit = readFileSync(join(root, 'docs/systemd/mlenv.service'), 'utf8');
const verifier = spawnSync('systemd-analyze', ['--version']).status === 0;

/** All words of a setting, which may be written more than once. */
const words = (setting: string, text = unit): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${setting}=`))
    .flatMap((line) => line.slice(setting.length + 1).split(' '))
    .filter((word) => word !== '');

/** Paths that must exist before the first command of the unit, though nothing has made them by then. */
const neededTooEarly = (text: string): readonly string[] => {
  const made = [
    ...words('RuntimeDirectory', text).map((name) => `/run/${name}`),
    ...words('StateDirectory', text).map((name) => `/var/lib/${name}`),
    ...words('LogsDirectory', text).map((name) => `/var/log/${name}`),
    ...words('CacheDirectory', text).map((name) => `/var/cache/${name}`),
  ];
  const settings = ['ReadWritePaths', 'ReadOnlyPaths', 'BindPaths', 'BindReadOnlyPaths'];
  return [
    ...settings.flatMap((setting) => words(setting, text)),
    ...words('WorkingDirectory', text),
    ...words('EnvironmentFile', text),
  ].filter((path) => !path.startsWith('-') && !made.some((folder) => within(path, folder)));
};

const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

test('the unit starts on a host that has none of its folders yet', () => {
  expect(neededTooEarly(unit)).toEqual([]);
  // The sandbox is laid around ExecStartPre as well, plus sign or not.
  expect(neededTooEarly(unit.replace('=-/var/mlenv', '=/var/mlenv'))).toEqual(['/var/mlenv']);
});

test('what it may write to is there when the controller starts', () => {
  const made = unit.split('\n').find((line) => line.startsWith('ExecStartPre=+')) ?? '';
  for (const path of words('ReadWritePaths')) {
    expect(made).toContain(` ${path.replace(/^-/, '')}/`);
  }
});

test('git may run as the owner of a clone, and be ended', () => {
  const rights = words('CapabilityBoundingSet');
  for (const right of ['CAP_SETUID', 'CAP_SETGID', 'CAP_KILL']) expect(rights).toContain(right);
});

const written: CommandFact = {
  script: '/opt/my mlenv/100%/main.js',
  node: '/bin/true',
  linked: false,
  nodeOnPath: false,
  packaged: false,
  open: null,
};

test.skipIf(!verifier).each([
  ['the unit', unit],
  ['the unit with the command written out', unitText(unit, written)],
  ["a user's unit", readFileSync(join(root, 'docs/systemd/mlenv-user.service'), 'utf8')],
])('systemd finds no fault in %s', (_, text) => {
  expect(faultsOf(text)).toEqual([]);
  // A fault would be seen.
  expect(faultsOf(text.replace('Restart=on-failure', 'Restart=on-failur'))).toHaveLength(1);
});

/** What `systemd-analyze verify` says of it. */
const faultsOf = (text: string): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-unit-'));
  try {
    const file = join(folder, 'mlenv.service');
    // The command need not be installed where the tests run.
    writeFileSync(file, text.replace('/usr/local/bin/mlenv', '/bin/true'));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    const faults = stderr.split('\n').filter((line) => line.includes(file));
    return status === 0 || faults.length > 0 ? faults : [stderr];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
