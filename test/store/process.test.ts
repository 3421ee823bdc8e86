import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { busyTimeoutMs, openStore } from '../../controller/store/open.ts';
import { packageFolder } from '../../schema/files.ts';
import { openTestStore, optionsIn, temporaryFolder } from './support.ts';

/** The store, compiled, so that processes of their own can run it: below the package, where it finds its dependencies. */
let compiled: string;

beforeAll(() => {
  const root = packageFolder();
  mkdirSync(join(root, '.cache'), { recursive: true });
  compiled = mkdtempSync(join(root, '.cache', 'store-'));
  const flags = '--ignoreConfig --noCheck --target es2023 --module nodenext --types node';
  const files = ['controller/store/open.ts', 'controller/store/hmac-key.ts'];
  execFileSync(
    join(root, 'node_modules', '.bin', 'tsc'),
    [...flags.split(' '), '--rewriteRelativeImportExtensions', '--outDir', compiled].concat(
      ['--rootDir', root],
      files,
    ),
    { cwd: root },
  );
});

afterAll(() => {
  rmSync(compiled, { recursive: true, force: true });
});

/** A script that finds `open()` and the key's file name. */
const script = (folder: string, body: string): string => {
  const file = join(compiled, 'child.mjs');
  writeFileSync(
    file,
    `import { openStore } from './controller/store/open.js';
     import { hmacKey } from './controller/store/hmac-key.js';
     const options = ${JSON.stringify(optionsIn(folder))};
     const key = ${JSON.stringify(join(folder, 'state', 'digest.key'))};
     const open = () => openStore(options).store;
     ${body}`,
  );
  return file;
};

test.each(['000', '022', '077'])("under umask %s all is the owner's alone", (umask) => {
  const folder = temporaryFolder();
  const body = `const store = open();
    store.meta.set('a', 'b');
    hmacKey(key, new Uint8Array(32));
    process.kill(process.pid, 'SIGKILL');`;
  const file = script(folder, body);
  spawnSync('sh', ['-c', `umask ${umask}; exec "${process.execPath}" "${file}"`]);
  const state = join(folder, 'state');
  expect(statSync(state).mode & 0o777).toBe(0o700);
  expect(readdirSync(state).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'digest.key',
    'mlenv.db',
    'mlenv.db-shm',
    'mlenv.db-wal',
  ]);
  for (const name of readdirSync(state))
    expect([name, statSync(join(state, name)).mode & 0o777]).toEqual([name, 0o600]);
});

test('killed in the middle of writing, every row that was acknowledged is there', async () => {
  const folder = temporaryFolder();
  const file = script(
    folder,
    `const store = open();
     for (let n = Number(store.meta.get('n') ?? 0) + 1; ; n += 1) {
       store.transaction(() => {
         store.meta.set('row' + n, String(n));
         store.meta.set('n', String(n));
       });
       process.stdout.write(n + '\\n');
     }`,
  );
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let acknowledged = 0;
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === 60 + round) child.kill('SIGKILL');
    }
    const opened = openStore(optionsIn(folder));
    if (opened.kind !== 'open') throw new Error(opened.message);
    const { store } = opened;
    const last = Number(store.meta.get('n'));
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    for (let n = 1; n <= last; n += 1) expect(store.meta.get(`row${n}`)).toBe(String(n));
    expect(store.meta.get(`row${last + 1}`)).toBeNull();
    store.close();
  }
});

test('a disk that is full at any point of its making leaves what the next one completes', () => {
  const statuses: (number | null)[] = [];
  // Blocks of 512 bytes that a file may have.
  for (const blocks of [0, 8, 16, 24, 32, 64, 128, 256, 384, 512, 1024, 2048, 4096]) {
    const folder = temporaryFolder();
    const file = script(folder, `open().close();`);
    const limited = `ulimit -f ${blocks}; exec "${process.execPath}" "${file}" 2>/dev/null`;
    statuses.push(spawnSync('sh', ['-c', limited]).status);
    const opened = openStore(optionsIn(folder));
    expect([blocks, opened.kind]).toEqual([blocks, 'open']);
    if (opened.kind === 'open') {
      opened.store.meta.set('a', 'b');
      opened.store.close();
    }
  }
  expect(statuses[0]).not.toBe(0);
  expect(statuses.at(-1)).toBe(0);
});

test('a WAL that was cut at any byte loses the last rows and no others', () => {
  const { store, file } = openTestStore();
  for (let n = 1; n <= 20; n += 1) store.meta.set(`row${String(n).padStart(2, '0')}`, String(n));
  const database = readFileSync(file);
  const wal = readFileSync(`${file}-wal`);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (part) => {
      const options = optionsIn(temporaryFolder());
      mkdirSync(dirname(options.file), { mode: 0o700 });
      writeFileSync(options.file, database);
      writeFileSync(`${options.file}-wal`, wal.subarray(0, Math.floor(wal.length * part)));
      const opened = openStore(options);
      if (opened.kind !== 'open') throw new Error(opened.message);
      const there = Array.from({ length: 20 }, (_, index) =>
        opened.store.meta.get(`row${String(index + 1).padStart(2, '0')}`),
      );
      opened.store.close();
      const kept = there.filter((value) => value !== null).length;
      expect(there).toEqual(
        Array.from({ length: 20 }, (_, index) => (index < kept ? String(index + 1) : null)),
      );
    }),
    { numRuns: 30 },
  );
});

test('processes that make the record at once all get it', async () => {
  const folder = temporaryFolder();
  const file = script(
    folder,
    `for (;;) {
       try {
         const store = open();
         store.events.add({ at: 0, type: 'Normal', reason: 'Pending', message: String(process.pid), projectId: null, environment: null });
         store.close();
         break;
       } catch (error) {
         if (error.code !== 'SQLITE_BUSY') throw error;
       }
     }`,
  );
  const children = [1, 2, 3].map(() => spawn(process.execPath, [file], { stdio: 'inherit' }));
  const ends = await Promise.all(children.map((child) => once(child, 'exit')));
  expect(ends.map(([code]) => code as number)).toEqual([0, 0, 0]);
  const opened = openStore(optionsIn(folder));
  if (opened.kind !== 'open') throw new Error(opened.message);
  expect(opened.store.events.list({ limit: 10 })).toHaveLength(3);
  opened.store.close();
});

test('a second writer waits no longer than the busy timeout, and is told', () => {
  const { store, hand } = openTestStore();
  expect(busyTimeoutMs).toBe(250);
  hand.exec('BEGIN IMMEDIATE');
  expect(() => {
    store.meta.set('a', 'b');
  }).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  expect(hand.inTransaction).toBe(true);
  hand.exec('ROLLBACK');
  store.meta.set('a', 'b');
  expect(store.meta.get('a')).toBe('b');
});
