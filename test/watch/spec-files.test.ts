import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FSWatcher } from 'chokidar';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../controller/loop/clock.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import { readStamp } from '../../controller/watch/file-stamp.ts';
import { type OpenFolderWatch, openFolderWatch } from '../../controller/watch/folder-watch.ts';
import { createRescan } from '../../controller/watch/rescan.ts';
import { type SpecFileWatch, watchSpecFiles } from '../../controller/watch/spec-files.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

let top: string;
let cleanUp: (() => Promise<void>)[] = [];

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-watch-')));
});

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
  rmSync(top, { recursive: true, force: true });
});

/** Generous: it only says how long a test that will fail takes to do so. */
const patience = { timeout: 20_000, interval: 20 };

/** What a reconciler does: reads the file afresh whenever its folder is rung for. */
const reader = () => {
  const contents = new Map<string, string | null>();
  const rings: string[] = [];
  return {
    contents,
    rings,
    onChange: (folder: string) => {
      rings.push(folder);
      contents.set(folder, read(join(folder, 'mlenv.yaml')));
    },
  };
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

interface Bell {
  readonly contents: ReadonlyMap<string, string | null>;
  /** Lets the bell look; a doorbell needs no help. */
  poke(): Promise<void>;
}

/** The watcher alone, with no rescan and no periodic check to help it. */
const doorbell = async (projects: readonly string[], roots: readonly string[]): Promise<Bell> => {
  const { contents, onChange } = reader();
  const watch = watchSpecFiles({
    clock: systemClock(),
    roots: () => [
      ...projects.map((folder) => ({
        folder,
        depth: 0,
        files: [join(folder, 'conf', 'prod.env')],
      })),
      ...roots.map((folder) => ({ folder, depth: 3, files: [] })),
    ],
    onChange,
    onTrouble: (message) => expect.fail(message),
    debounceMs: 20,
    checkMs: 3_600_000,
  });
  cleanUp.push(() => watch.stop());
  await watch.start();
  return { contents, poke: async () => {} };
};

/** The rescan alone, driven by hand. */
const rescan = async (projects: readonly string[], roots: readonly string[]): Promise<Bell> => {
  const { contents, onChange } = reader();
  const scanner = createRescan({
    clock: createSimulatedClock(),
    projects: () =>
      projects.map((folder) => ({ folder, files: [join(folder, 'conf', 'prod.env')] })),
    roots: () => roots,
    lstat: readStamp,
    discover: async (root) =>
      existsSync(root) ? ok({ folders: discover(root), cut: null }) : failed('unknown', 'gone'),
    onChange,
    onTrouble: () => {},
  });
  await scanner.scan();
  return { contents, poke: () => scanner.scan() };
};

const discover = (root: string): readonly string[] =>
  execFileSync('find', [root, '-name', 'mlenv.yaml', '-printf', '%h\n'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');

const converges = async (bell: Bell, folder: string): Promise<void> =>
  vi.waitFor(async () => {
    await bell.poke();
    expect(bell.contents.get(folder)).toBe(read(join(folder, 'mlenv.yaml')));
  }, patience);

const makeProject = (...names: string[]): string => {
  const folder = join(top, ...names);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mlenv.yaml'), 'old');
  return folder;
};

const git = (folder: string, ...args: string[]): void => {
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    stdio: 'pipe',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
  });
};

const changes: readonly (readonly [string, (folder: string) => void | Promise<void>])[] = [
  ['a write in place', (folder) => writeFileSync(join(folder, 'mlenv.yaml'), 'new')],
  [
    'an editor that writes a new file and renames it over the old one',
    (folder) => {
      writeFileSync(join(folder, '.mlenv.yaml.swp'), 'new');
      renameSync(join(folder, '.mlenv.yaml.swp'), join(folder, 'mlenv.yaml'));
    },
  ],
  [
    'an editor that moves the old file away and writes a new one',
    (folder) => {
      renameSync(join(folder, 'mlenv.yaml'), join(folder, 'mlenv.yaml~'));
      writeFileSync(join(folder, 'mlenv.yaml'), 'new');
    },
  ],
  [
    'sed -i',
    (folder) => void execFileSync('sed', ['-i', 's/old/new/', join(folder, 'mlenv.yaml')]),
  ],
  [
    'a write of the same size with the time put back',
    (folder) => {
      const file = join(folder, 'mlenv.yaml');
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'new');
      utimesSync(file, atime, mtime);
    },
  ],
  ['the file removed', (folder) => rmSync(join(folder, 'mlenv.yaml'))],
  [
    'a file that is written in two halves',
    async (folder) => {
      const file = openSync(join(folder, 'mlenv.yaml'), 'w');
      writeSync(file, 'ne');
      await new Promise((resolve) => setTimeout(resolve, 100));
      writeSync(file, 'w');
      closeSync(file);
    },
  ],
  [
    'git checkout of another branch',
    (folder) => {
      git(folder, 'init', '-q', '-b', 'one');
      git(folder, 'add', '.');
      git(folder, 'commit', '-qm', 'one');
      git(folder, 'checkout', '-qb', 'two');
      writeFileSync(join(folder, 'mlenv.yaml'), 'new');
      git(folder, 'commit', '-qam', 'two');
      git(folder, 'checkout', '-q', 'one');
      git(folder, 'checkout', '-q', 'two');
    },
  ],
  [
    'the folder swapped by two renames',
    (folder) => {
      mkdirSync(`${folder}.new`);
      writeFileSync(join(`${folder}.new`, 'mlenv.yaml'), 'new');
      renameSync(folder, `${folder}.old`);
      renameSync(`${folder}.new`, folder);
    },
  ],
  [
    'the folder deleted and made again',
    async (folder) => {
      rmSync(folder, { recursive: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
      mkdirSync(folder);
      writeFileSync(join(folder, 'mlenv.yaml'), 'new');
    },
  ],
  ['the folder deleted', (folder) => rmSync(folder, { recursive: true })],
];

describe.each([
  ['the doorbell', doorbell],
  ['the rescan', rescan],
])('%s alone', (_name, makeBell) => {
  it.each(changes)('sees %s', { timeout: 60_000 }, async (_what, change) => {
    const folder = makeProject('group', 'vision');
    const bell = await makeBell([folder], [top]);
    await change(folder);
    await converges(bell, folder);
  });

  it.each(changes)('sees a write after %s', { timeout: 60_000 }, async (_what, change) => {
    const folder = makeProject('group', 'vision');
    const bell = await makeBell([folder], [top]);
    await change(folder);
    await converges(bell, folder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'mlenv.yaml'), 'later');
    await converges(bell, folder);
    expect(bell.contents.get(folder)).toBe('later');
  });

  it(
    'sees a link to a folder turned to another one, and a write there',
    { timeout: 60_000 },
    async () => {
      const [one, two] = [makeProject('one'), makeProject('two')];
      writeFileSync(join(two, 'mlenv.yaml'), 'new');
      const link = join(top, 'links', 'current');
      mkdirSync(dirname(link));
      symlinkSync(one, link);
      const bell = await makeBell([link], []);
      symlinkSync(two, `${link}.tmp`);
      renameSync(`${link}.tmp`, link);
      await converges(bell, link);
      expect(bell.contents.get(link)).toBe('new');
      writeFileSync(join(two, 'mlenv.yaml'), 'later');
      await converges(bell, link);
    },
  );

  it('sees a root deleted and made again, with a project in it', { timeout: 60_000 }, async () => {
    const folder = makeProject('root', 'vision');
    const root = dirname(folder);
    const bell = await makeBell([], [root]);
    rmSync(root, { recursive: true });
    await bell.poke();
    makeProject('root', 'vision');
    await converges(bell, folder);
    writeFileSync(join(folder, 'mlenv.yaml'), 'later');
    await converges(bell, folder);
  });

  it('sees new projects below a root, however they come', { timeout: 60_000 }, async () => {
    mkdirSync(join(top, 'root'));
    const bell = await makeBell([], [join(top, 'root')]);
    const written = makeProject('root', 'a', 'written');
    await converges(bell, written);
    expect(bell.contents.get(written)).toBe('old');
    const moved = join(top, 'root', 'moved');
    renameSync(makeProject('elsewhere'), moved);
    await converges(bell, moved);
    expect(bell.contents.get(moved)).toBe('old');
    const late = join(top, 'root', 'late');
    mkdirSync(late);
    await new Promise((resolve) => setTimeout(resolve, 200));
    makeProject('root', 'late');
    await converges(bell, late);
    expect(bell.contents.get(late)).toBe('old');
  });
});

describe('the doorbell', { timeout: 60_000 }, () => {
  const start = async (options: Partial<Parameters<typeof watchSpecFiles>[0]>) => {
    const bell = reader();
    const troubles: string[] = [];
    const watch: SpecFileWatch = watchSpecFiles({
      clock: systemClock(),
      roots: () => [],
      onChange: bell.onChange,
      onTrouble: (message) => troubles.push(message),
      debounceMs: 20,
      checkMs: 3_600_000,
      ...options,
    });
    cleanUp.push(() => watch.stop());
    await watch.start();
    return { ...bell, troubles, watch };
  };

  it('rings for env files wherever they lie, and for no other file', async () => {
    const [folder, last] = [makeProject('vision'), makeProject('last')];
    mkdirSync(join(top, 'secrets'));
    const files = [join(top, 'secrets', 'prod.env')];
    const { rings } = await start({
      roots: () => [
        { folder, depth: 0, files },
        { folder: last, depth: 0, files: [] },
      ],
    });
    /** Rings come in the order of what they ring for. */
    const ringsFor = async (...names: string[]): Promise<ReadonlySet<string>> => {
      rings.length = 0;
      for (const name of names) writeFileSync(join(top, name), `A=${Math.random()}`);
      writeFileSync(join(last, 'mlenv.yaml'), `${Math.random()}`);
      await vi.waitFor(() => expect(rings).toContain(last), patience);
      return new Set(rings);
    };
    expect(await ringsFor('vision/train.log', 'secrets/other.env')).toEqual(new Set([last]));
    expect(await ringsFor('secrets/prod.env')).toEqual(new Set([folder, last]));
    expect(await ringsFor('vision/.env')).toEqual(new Set([folder, last]));
  });

  it('watches what was added to the roots, and no longer what was taken away', async () => {
    const [one, two] = [makeProject('a', 'one'), makeProject('b', 'two')];
    let folders = [one];
    const { rings, watch } = await start({
      roots: () => folders.map((folder) => ({ folder, depth: 0, files: [] })),
    });
    folders = [two];
    await watch.refresh();
    await vi.waitFor(() => expect(rings).toEqual([two]), patience);
    rings.length = 0;
    writeFileSync(join(one, 'mlenv.yaml'), 'unseen');
    writeFileSync(join(two, 'mlenv.yaml'), 'seen');
    await vi.waitFor(() => expect(rings).toContain(two), patience);
    expect(rings).not.toContain(one);
  });

  it('compares folders every fifteen seconds, also where no event told of a change', async () => {
    const folder = makeProject('deep', 'er', 'vision');
    const clock = createSimulatedClock();
    const { rings } = await start({
      clock,
      checkMs: 15_000,
      roots: () => [{ folder, depth: 0, files: [] }],
    });
    renameSync(join(top, 'deep'), join(top, 'gone'));
    makeProject('deep', 'er', 'vision');
    await vi.waitFor(async () => {
      await clock.advance(15_000);
      expect(rings).toContain(folder);
    }, patience);
  });

  it.each(['ENOSPC', 'EMFILE'])(
    'says so once on %s, watches nothing, and tries again later',
    async (code) => {
      const folder = makeProject('vision');
      const clock = createSimulatedClock();
      const open = new Set<string>();
      let full = true;
      const openOrFail: OpenFolderWatch = (options) => {
        if (full) queueMicrotask(() => options.onError(Object.assign(new Error(code), { code })));
        const watch = openFolderWatch(options);
        open.add(options.folder);
        return {
          ready: watch.ready,
          close: async () => {
            open.delete(options.folder);
            await watch.close();
          },
        };
      };
      const { troubles, watch } = await start({
        clock,
        open: openOrFail,
        roots: () => [{ folder, depth: 0, files: [] }],
      });
      await vi.waitFor(() => expect(open.size).toBe(0), patience);
      expect(troubles).toHaveLength(1);
      expect(watch.trouble()).toMatch(/fs\.inotify\.max_user_.*only seen by the rescan/);
      await clock.advance(60_000);
      await watch.refresh();
      expect([troubles.length, open.size]).toEqual([1, 0]);
      full = false;
      await clock.advance(10 * 60_000);
      await watch.refresh();
      expect(watch.trouble()).toBeNull();
      expect(open).toEqual(new Set([folder, top]));
    },
  );

  it('does not let chokidar list the folder at each event in it', async () => {
    const lists = vi.spyOn(FSWatcher.prototype, '_readdirp');
    cleanUp.push(async () => lists.mockRestore());
    const folder = makeProject('vision');
    const { rings } = await start({ roots: () => [{ folder, depth: 0, files: [] }] });
    writeFileSync(join(folder, 'train.log'), 'epoch 1');
    writeFileSync(join(folder, 'mlenv.yaml'), 'new');
    await vi.waitFor(() => expect(rings).toContain(folder), patience);
    expect(lists).not.toHaveBeenCalled();
  });

  it('has room for the projects and the roots themselves, however many folders lie there', async () => {
    const folder = makeProject('root', 'z', 'vision');
    for (let at = 0; at < 8; at += 1)
      mkdirSync(join(top, 'root', `a${at}`, 'x'), { recursive: true });
    const open: string[] = [];
    const { rings, troubles, watch } = await start({
      maxFolders: 5,
      open: (options) => (open.push(options.folder), openFolderWatch(options)),
      roots: () => [
        { folder: join(top, 'root'), depth: 3, files: [] },
        { folder, depth: 0, files: [] },
      ],
    });
    await watch.refresh();
    expect(open.length).toBeLessThanOrEqual(6);
    expect(troubles).toEqual([expect.stringContaining('more than 5 folders')]);
    writeFileSync(join(folder, 'mlenv.yaml'), 'new');
    await vi.waitFor(() => expect(rings).toContain(folder), patience);
  });

  it('is silent after stop', async () => {
    const folder = makeProject('vision');
    const { rings, watch } = await start({ roots: () => [{ folder, depth: 0, files: [] }] });
    writeFileSync(join(folder, 'mlenv.yaml'), 'new');
    await watch.stop();
    const { length } = rings;
    writeFileSync(join(folder, 'mlenv.yaml'), 'newer');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(rings).toHaveLength(length);
  });
});
