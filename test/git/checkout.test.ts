import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCheckouts } from '../../controller/git/checkout.ts';
import { createGit } from '../../controller/git/run.ts';
import type { Checkout, Checkouts } from '../../controller/model/git.ts';
import { createRepository, type Repository } from './repository.ts';

let home: string;
let remote: Repository;
let checkouts: Checkouts;
const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlenv-checkout-'));
  remote = createRepository();
  checkouts = createCheckouts(createGit({ home, env: process.env }));
});
afterEach(() => {
  remote.remove();
  rmSync(home, { recursive: true, force: true });
});

const look = async (folder = remote.work): Promise<Checkout> => {
  const found = await checkouts.look(folder, me);
  if (found === null) throw new Error('it is in no working tree');
  return found;
};
const busy = async (): Promise<string | null> => (await look()).busy;
/** git that may end in a conflict. */
const tryGit = (...args: readonly string[]): void => {
  try {
    remote.git(...args);
  } catch {
    // That is what was asked for.
  }
};

test('which commit is checked out, by whom, and on which branch', async () => {
  const id = remote.commit({ 'mlenv.yaml': 'x', 'sub/a': '1' }, 'First words\n\nand more');
  const first = {
    commit: { id, author: 'Alice', subject: 'First words' },
    branch: 'main',
    busy: null,
  };
  expect(await look()).toMatchObject(first);
  expect(await look(join(remote.work, 'sub'))).toMatchObject(first);
  remote.git('checkout', '--quiet', '--detach');
  expect(await look()).toMatchObject({ ...first, branch: null });
  remote.git('checkout', '--quiet', 'main');
  remote.git('pack-refs', '--all');
  expect(await look()).toMatchObject(first);
  const linked = join(remote.folder, 'linked');
  remote.git('worktree', 'add', '--quiet', '-b', 'other', linked);
  const there = await look(linked);
  expect(there).toMatchObject({ ...first, branch: 'other' });
  // All that tells of another commit there.
  for (const file of there.files) expect(existsSync(file)).toBe(true);
  expect(await checkouts.look(home, me)).toBe(null);
});

test('a pull with a rename and a delete is another commit, and nothing is under way after it', async () => {
  remote.commit({ 'mlenv.yaml': 'x', old: 'text', gone: '1' });
  const clone = join(remote.folder, 'clone');
  execFileSync('git', ['clone', '--quiet', remote.url, clone]);
  const before = await look(clone);
  const stamps = before.files.map((file) => statSync(file, { bigint: true }).mtimeNs);
  remote.git('mv', 'old', 'new');
  const id = remote.commit({ gone: null }, 'Move things');
  execFileSync('git', ['pull', '--quiet'], { cwd: clone });
  expect(await look(clone)).toMatchObject({ commit: { id, subject: 'Move things' }, busy: null });
  expect(existsSync(join(clone, 'gone'))).toBe(false);
  expect(readFileSync(join(clone, 'new'), 'utf8')).toBe('text');
  // Each pull shows in files that are watched.
  const after = before.files.map((file) => statSync(file, { bigint: true }).mtimeNs);
  expect(after).not.toEqual(stamps);
});

/** Two lines of history that do not go together. */
const part = (): void => {
  remote.commit({ 'mlenv.yaml': 'one\n' });
  remote.git('checkout', '--quiet', '-b', 'other');
  writeFileSync(join(remote.work, 'mlenv.yaml'), 'theirs\n');
  remote.git('commit', '--quiet', '--all', '--message', 'Theirs');
  remote.git('checkout', '--quiet', 'main');
  writeFileSync(join(remote.work, 'mlenv.yaml'), 'ours\n');
  remote.git('commit', '--quiet', '--all', '--message', 'Ours');
};

test.each([
  ['merge', ['merge', 'other'], 'a merge is under way', ['merge', '--abort']],
  ['rebase', ['rebase', 'other'], 'a rebase is under way', ['rebase', '--abort']],
  [
    'cherry-pick',
    ['cherry-pick', 'other'],
    'a cherry-pick is under way',
    ['cherry-pick', '--abort'],
  ],
  ['revert', ['revert', '--no-edit', 'other'], 'a revert is under way', ['revert', '--abort']],
] as const)('a %s that ends in a conflict is waited for', async (_, begin, says, end) => {
  part();
  expect(await busy()).toBe(null);
  tryGit(...begin);
  expect(await busy()).toBe(says);
  remote.git(...end);
  expect(await busy()).toBe(null);
});

test('so is a conflict that leaves no other mark, until it is settled', async () => {
  remote.commit({ 'mlenv.yaml': 'one\n', 'train.py': 'one\n' });
  for (const file of ['mlenv.yaml', 'train.py']) writeFileSync(join(remote.work, file), 'mine\n');
  remote.git('stash', '--quiet');
  remote.commit({ 'mlenv.yaml': 'theirs\n', 'train.py': 'theirs\n' });
  tryGit('stash', 'pop');
  expect(await busy()).toBe('mlenv.yaml and 1 more files are in conflict');
  remote.git('checkout', '--theirs', 'mlenv.yaml');
  remote.git('add', 'mlenv.yaml');
  expect(await busy()).toBe('train.py is in conflict');
  remote.git('add', 'train.py');
  expect(await busy()).toBe(null);
});

test('while git writes nothing is believed, and a lock that was left behind is none', async () => {
  remote.commit({ a: '1' });
  const lock = join(remote.work, '.git', 'index.lock');
  writeFileSync(lock, '');
  expect((await look()).isWriting).toBe(true);
  const longAgo = Date.now() / 1000 - 3600;
  utimesSync(lock, longAgo, longAgo);
  expect((await look()).isWriting).toBe(false);
});

test('what a repository would have git run is not run', async () => {
  const owned = join(home, 'owned');
  const program = join(home, 'evil');
  writeFileSync(program, `#!/bin/sh\ntouch ${owned}\n`);
  chmodSync(program, 0o755);
  const id = remote.commit({ '.gitattributes': '* filter=evil diff=evil\n', a: '1' });
  const config = {
    'core.fsmonitor': program,
    'core.hooksPath': home,
    'core.sshCommand': program,
    'core.pager': program,
    'filter.evil.clean': program,
    'filter.evil.smudge': program,
    'diff.evil.textconv': program,
    'alias.cat-file': `!${program}`,
    'alias.ls-files': `!${program}`,
    'gpg.program': program,
  };
  for (const [key, value] of Object.entries(config)) remote.git('config', key, value);
  for (const hook of ['post-index-change', 'reference-transaction']) {
    symlinkSync(program, join(home, hook));
  }
  expect(await look()).toMatchObject({ commit: { id }, busy: null });
  expect(existsSync(owned)).toBe(false);
});

test('a HEAD that leads elsewhere and a repository of somebody else are none', async () => {
  remote.commit({ a: '1' });
  const dot = join(remote.work, '.git');
  const head = join(dot, 'HEAD');
  for (const text of ['ref: refs/../../../../etc/passwd', 'ref: /etc/passwd', 'x', '']) {
    writeFileSync(head, text);
    expect(await checkouts.look(remote.work, me)).toBe(null);
  }
  rmSync(head);
  symlinkSync('/etc/hostname', head);
  expect(await checkouts.look(remote.work, me)).toBe(null);
  rmSync(head);
  mkdirSync(head);
  expect(await checkouts.look(remote.work, me)).toBe(null);
});

test.runIf(me.uid === 0)(
  'another’s repository is read as they are, and none within a third one’s folder',
  async () => {
    const ada = { uid: 12_345, gid: 12_345 };
    const id = remote.commit({ a: '1' });
    execFileSync('chown', ['-R', '12345:12345', remote.folder]);
    chmodSync(remote.folder, 0o755);
    expect(await checkouts.look(remote.work, ada)).toMatchObject({ commit: { id }, busy: null });
    expect(await checkouts.look(remote.work, me)).toBe(null);
    chownSync(join(remote.work, '.git'), 54_321, 54_321);
    expect(await checkouts.look(remote.work, ada)).toBe(null);
  },
);

test('an edit of the file, or of its lock, since its commit is seen, and undone it is gone', async () => {
  remote.commit({ 'mlenv.yaml': 'a: 1\n', 'sub/mlenv.yaml': 'b: 1\n', other: 'x' }, 'Begin');
  const edited = async (folder = remote.work): Promise<boolean> => (await look(folder)).isEdited;
  expect(await edited()).toBe(false);
  writeFileSync(join(remote.work, 'other'), 'y');
  expect(await edited()).toBe(false);
  writeFileSync(join(remote.work, 'mlenv.yaml'), 'a: 2\n');
  expect(await edited()).toBe(true);
  expect(await edited(join(remote.work, 'sub'))).toBe(false);
  remote.git('add', '--all');
  expect(await edited()).toBe(true);
  remote.git('commit', '--quiet', '--message=Change');
  expect(await edited()).toBe(false);
  mkdirSync(join(remote.work, 'new'));
  writeFileSync(join(remote.work, 'new', 'mlenv.yaml'), 'c: 1\n');
  expect(await edited(join(remote.work, 'new'))).toBe(true);
  writeFileSync(join(remote.work, 'mlenv.lock'), 'version: 1\n');
  expect(await edited()).toBe(true);
  remote.git('add', '--all');
  remote.git('commit', '--quiet', '--message=Lock');
  expect(await edited()).toBe(false);
});

test.each([
  ['of letters whose last byte looks like a blank', Buffer.from('voilà'), 'voilà'],
  ['that is no UTF-8', Buffer.from('m\xe9tier', 'latin1'), 'm\\xe9tier'],
])('a branch with a name %s', async (_, name, shown) => {
  const id = remote.commit({ a: '1' });
  const dot = join(remote.work, '.git');
  const place = (folder: string): Buffer =>
    Buffer.concat([Buffer.from(join(dot, folder, '/')), name]);
  writeFileSync(place('refs/heads'), `${id}\n`);
  writeFileSync(
    join(dot, 'HEAD'),
    Buffer.concat([Buffer.from('ref: refs/heads/'), name, Buffer.from('\n')]),
  );
  expect(await look()).toMatchObject({ commit: { id }, branch: shown });
  rmSync(place('refs/heads'));
  writeFileSync(
    join(dot, 'packed-refs'),
    Buffer.concat([Buffer.from(`${id} refs/heads/`), name, Buffer.from('\n')]),
  );
  expect(await look()).toMatchObject({ commit: { id }, branch: shown });
});

test.each([':x', '*', ':(icase)A'])(
  'a folder named %s is no pattern: an edit in it is found',
  async (name) => {
    remote.commit({ [`${name}/mlenv.yaml`]: 'x' });
    const folder = join(remote.work, name);
    expect((await look(folder)).isEdited).toBe(false);
    writeFileSync(join(folder, 'mlenv.yaml'), 'y');
    expect((await look(folder)).isEdited).toBe(true);
  },
);

test.each(['mlenv.yaml', 'mlenv.lock'])(
  'a pipe in the place of %s is not waited for, and a link is not followed',
  async (name) => {
    remote.commit({ 'mlenv.yaml': 'a: 1\n', 'mlenv.lock': 'version: 1\n' }, 'Begin');
    const file = join(remote.work, name);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    expect(await look()).toMatchObject({ isEdited: false });
    rmSync(file);
    writeFileSync(join(home, 'other'), 'b: 1\n');
    symlinkSync(join(home, 'other'), file);
    expect(await look()).toMatchObject({ isEdited: false });
  },
);
