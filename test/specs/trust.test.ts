import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeSpecFiles, type SpecFiles } from '../../specs/files.ts';
import { createSpecReader } from '../../specs/reader.ts';
import { type Component, distrustOfFolder } from '../../specs/trust.ts';

describe('the way down', () => {
  const step = (path: string, over: Partial<Component> = {}): Component => ({
    path,
    kind: 'folder',
    uid: 0,
    gid: 0,
    mode: 0o755,
    hasAcl: async () => false,
    ...over,
  });
  const ada = { uid: 1000, gid: 1000 };
  /** Of ada alone; of 50 nobody can say; all others have more members. */
  const groups = {
    isPrivate: async (gid: number, uid: number) =>
      gid === 50 ? null : gid === 1000 && uid === 1000,
  };
  const judge = (way: readonly Component[], roots: readonly string[] = ['/home']) =>
    distrustOfFolder(way, { roots, ownUid: 0, groups });

  it.each<[string, readonly Component[], readonly string[], string | null]>([
    ['all ada’s', [step('/home'), step('/home/a', ada), step('/home/a/p', ada)], ['/home'], null],
    ['above the root anything', [step('/x', { mode: 0o777 }), step('/x/p', ada)], ['/x'], null],
    ['the root itself', [step('/x', ada)], ['/x'], null],
    ['no root', [step('/x', ada)], ['/home'], '/x lies below none of /home'],
    ['a name that only begins so', [step('/homes/p', ada)], ['/home'], 'lies below none'],
    ['no root is named', [step('/x', ada)], [], 'none of the roots (there is none)'],
    ['root’s own, anywhere', [step('/x', { uid: 7 }), step('/x/p')], [], null],
    [
      'another’s parent',
      [step('/home/b', { uid: 7 }), step('/home/b/p', ada)],
      ['/home'],
      '/home/b belongs to uid 7',
    ],
    [
      'a deeper root lets it pass',
      [step('/home/b', { uid: 7 }), step('/home/b/p', ada)],
      ['/home', '/home/b'],
      null,
    ],
    [
      'a link',
      [step('/home/a', { kind: 'symlink' }), step('/home/a/p', ada)],
      ['/home'],
      'symbolic link',
    ],
    [
      'open to all',
      [step('/home/a', { ...ada, mode: 0o757 }), step('/home/a/p', ada)],
      ['/home'],
      'chmod o-w /home/a',
    ],
    [
      'ada’s and sticky',
      [step('/home/a', { ...ada, mode: 0o1777 }), step('/home/a/p', ada)],
      ['/home'],
      'chmod o-w',
    ],
    [
      'root’s and sticky',
      [step('/home/t', { mode: 0o1777 }), step('/home/t/p', ada)],
      ['/home'],
      null,
    ],
    [
      'open to a group of many',
      [step('/home/a', { ...ada, gid: 100, mode: 0o775 }), step('/home/a/p', ada)],
      ['/home'],
      'chmod g-w /home/a',
    ],
    [
      'root’s, and open to a group of many',
      [step('/home/a', { gid: 100, mode: 0o775 }), step('/home/a/p', ada)],
      ['/home'],
      'the group 100, which is not uid 1000',
    ],
    [
      'open to her own group',
      [step('/home/a', { ...ada, mode: 0o775 }), step('/home/a/p', { ...ada, mode: 0o2775 })],
      ['/home'],
      null,
    ],
    [
      'root’s, and open to her own group',
      [step('/home/a', { gid: 1000, mode: 0o775 }), step('/home/a/p', ada)],
      ['/home'],
      null,
    ],
    [
      'root’s, sticky, and open to a group',
      [step('/home/t', { gid: 100, mode: 0o1775 }), step('/home/t/p', ada)],
      ['/home'],
      null,
    ],
    [
      'her own group’s bits are the mask of a list',
      [step('/home/a', { ...ada, mode: 0o775, hasAcl: async () => true }), step('/home/a/p', ada)],
      ['/home'],
      'setfacl -b /home/a',
    ],
    [
      'nobody says whose the group is',
      [step('/home/a', { ...ada, gid: 50, mode: 0o775 }), step('/home/a/p', ada)],
      ['/home'],
      'nobody says whose group 50 is',
    ],
    [
      'the group of the root is the administrator’s matter',
      [step('/home', { gid: 100, mode: 0o2775 }), step('/home/p', ada)],
      ['/home'],
      null,
    ],
  ])('%s', async (_, way, roots, why) => {
    const said = await judge(way, roots);
    if (why === null) expect(said).toBeNull();
    else expect(said?.message).toContain(why);
  });
});

/** With real files of real people: only root can make them. */
describe.runIf(process.getuid?.() === 0)('a folder of somebody', () => {
  const ada = 12_345;
  const bob = 12_346;
  const spec = 'apiVersion: mlenv/v1\nenvironments:\n  a: { image: app }\n';
  let root: string;
  let home: string;
  let project: string;

  const give = (uid: number, ...paths: readonly string[]): void => {
    for (const path of paths) chownSync(path, uid, uid);
  };
  const makeProject = (folder: string, uid: number): void => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'mlenv.yaml'), spec);
    give(uid, dirname(folder), folder, join(folder, 'mlenv.yaml'));
  };
  const read = (
    folder = project,
    { files = nodeSpecFiles(), ownUid = 0 }: { files?: SpecFiles; ownUid?: number } = {},
  ) =>
    createSpecReader({
      files,
      hmacKey: new Uint8Array(32),
      trust: { roots: () => [root, '/not/there'], ownUid },
    }).read(folder);
  const untrusted = (words: string) => ({
    kind: 'untrusted',
    message: expect.stringContaining(words),
  });

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-trust-')));
    home = join(root, 'ada');
    project = join(home, 'vision');
    makeProject(project, ada);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('counts where a pattern names it, and not beside that', async () => {
    const beside = join(home, 'scratch', 'vision');
    makeProject(beside, ada);
    const readBelow = (folder: string) =>
      createSpecReader({
        files: nodeSpecFiles(),
        hmacKey: new Uint8Array(32),
        trust: { roots: () => [`${root}/*/vision/mlenv.yaml`], ownUid: 0 },
      }).read(folder);
    expect(await readBelow(project)).toMatchObject({ kind: 'valid' });
    expect(await readBelow(beside)).toMatchObject(untrusted(`${root}/*/vision/mlenv.yaml`));
  });

  it('counts where it is theirs all the way down from a root', async () => {
    expect(await read()).toMatchObject({ kind: 'valid', folder: { owner: { uid: ada } } });
    const link = join(dirname(root), `${root.split('/').pop() ?? ''}-link`);
    symlinkSync(project, link);
    try {
      // The real path is what counts.
      expect(await read(link)).toMatchObject({ kind: 'valid', folder: { path: project } });
    } finally {
      rmSync(link);
    }
  });

  it('does not count elsewhere, unless it is of who runs this', async () => {
    const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-else-')));
    try {
      writeFileSync(join(elsewhere, 'mlenv.yaml'), spec);
      expect(await read(elsewhere)).toMatchObject({ kind: 'valid' });
      give(ada, elsewhere);
      expect(await read(elsewhere)).toMatchObject(untrusted('people.roots'));
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('does not count below a folder of another, or one that everybody may write to', async () => {
    give(bob, home);
    expect(await read()).toMatchObject(untrusted(`${home} belongs to uid ${bob}`));
    give(0, home);
    expect(await read()).toMatchObject({ kind: 'valid' });
    chmodSync(home, 0o757);
    expect(await read()).toMatchObject(untrusted(`chmod o-w ${home}`));
  });

  it('does not count with a file of another, though it is a hard link', async () => {
    const theirs = join(root, 'bob', 'speech');
    makeProject(theirs, bob);
    rmSync(join(project, 'mlenv.yaml'));
    linkSync(join(theirs, 'mlenv.yaml'), join(project, 'mlenv.yaml'));
    expect(await read()).toMatchObject(untrusted(`mlenv.yaml belongs to uid ${bob}`));
    rmSync(join(project, 'mlenv.yaml'));
    symlinkSync(join(theirs, 'mlenv.yaml'), join(project, 'mlenv.yaml'));
    expect(await read()).toMatchObject({ kind: 'invalid' });
  });

  it('is not read where a link takes its place between two looks', async () => {
    const theirs = join(root, 'bob', 'speech');
    makeProject(theirs, bob);
    const real = nodeSpecFiles();
    const swap = (): void => {
      renameSync(project, `${project}.old`);
      symlinkSync(theirs, project);
      lchownSync(project, ada, ada);
    };
    const before: SpecFiles = {
      ...real,
      realpath: (path) => {
        if (path === root) swap();
        return real.realpath(path);
      },
    };
    // What was held is read to its end, and then nobody knows whose words these are.
    expect(await read(project, { files: before })).toMatchObject({ kind: 'unreadable' });
    expect(await read()).toMatchObject({ folder: { owner: { uid: bob } } });
  });

  it('is not read where another folder takes its place while it is read', async () => {
    const real = nodeSpecFiles();
    const other = join(home, 'other');
    makeProject(other, ada);
    const within: SpecFiles = {
      ...real,
      enter: async (folder) => {
        const entry = await real.enter(folder);
        renameSync(project, `${project}.old`);
        renameSync(other, project);
        return entry;
      },
    };
    expect(await read(project, { files: within })).toMatchObject({
      kind: 'unreadable',
      message: expect.stringContaining('changed while it was read'),
    });
  });
});
