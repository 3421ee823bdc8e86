import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../controller/loop/clock.ts';
import type { Diagnostic } from '../../controller/model/diagnostic.ts';
import { type ConfigFile, openConfigFile } from '../../controller/watch/config-file.ts';
import type { OpenFolderWatch } from '../../controller/watch/folder-watch.ts';
import { readHostConfigFile } from '../../specs/config/index.ts';
import { nodeSpecFiles } from '../../specs/files.ts';

let top: string;
let file: string;
let opened: ConfigFile[] = [];

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-config-')));
  file = join(top, 'etc', 'config.yaml');
  mkdirSync(dirname(file));
});

afterEach(async () => {
  for (const one of opened) await one.stop();
  opened = [];
  rmSync(top, { recursive: true, force: true });
});

/** Generous: it only says how long a test that will fail takes to do so. */
const patience = { timeout: 20_000, interval: 20 };

const poll = (every: string): string => `apiVersion: mlenv/v1\ngpu: { poll: ${every} }\n`;

/** Written beside and renamed over it, as editors do. */
const replace = (text: string): void => {
  writeFileSync(`${file}.swp`, text);
  renameSync(`${file}.swp`, file);
};

interface Seen {
  readonly polls: number[];
  readonly troubles: { readonly message: string; readonly diagnostics: readonly Diagnostic[] }[];
}

const open = async (changes: {
  readonly required?: boolean;
  readonly checkMs?: number;
  readonly open?: OpenFolderWatch;
}) => {
  const seen: Seen = { polls: [], troubles: [] };
  const { required = false, checkMs = 3_600_000 } = changes;
  const result = await openConfigFile({
    clock: systemClock(),
    file,
    read: () =>
      readHostConfigFile({
        place: { file, required, home: null, own: false },
        env: {},
        files: nodeSpecFiles(),
      }),
    onChange: (config) => seen.polls.push(config.gpu.pollMs),
    onTrouble: (message, diagnostics) => seen.troubles.push({ message, diagnostics }),
    debounceMs: 20,
    checkMs,
    ...(changes.open && { open: changes.open }),
  });
  if (result.ok) opened.push(result.source);
  return { result, seen };
};

const started = async (changes: Parameters<typeof open>[0] = {}) => {
  const { result, seen } = await open(changes);
  if (!result.ok) throw new Error('did not start');
  return { source: result.source, seen };
};

describe('at the start', () => {
  it('reads the file, and takes what is built in where there is none', async () => {
    expect((await started()).source.current().gpu.pollMs).toBe(20_000);
    writeFileSync(file, poll('1m'));
    expect((await started()).source.current().gpu.pollMs).toBe(60_000);
  });

  it('refuses a bad file, and one that was named and is not there', async () => {
    const absent = await open({ required: true });
    expect(absent.result).toMatchObject({ ok: false, diagnostics: [{ code: 'E_FILE_READ' }] });
    writeFileSync(file, poll('often'));
    const bad = await open({});
    expect(bad.result).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'E_FORMAT', file, line: 2, column: 14 }],
    });
  });
});

describe('afterwards', () => {
  it('takes a good edit, whether it is written in place or renamed over', async () => {
    writeFileSync(file, poll('1m'));
    const { source, seen } = await started();
    replace(poll('2m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(120_000), patience);
    replace(poll('3m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(180_000), patience);
    writeFileSync(file, poll('4m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(240_000), patience);
    expect(seen.polls).toEqual([120_000, 180_000, 240_000]);
    expect(seen.troubles).toEqual([]);
  });

  it('keeps the last good one through a bad edit, and tells of that once', async () => {
    writeFileSync(file, poll('1m'));
    const { source, seen } = await started();
    replace(poll('often'));
    await vi.waitFor(() => expect(source.diagnostics()).toHaveLength(1), patience);
    replace(poll('often'));
    replace(`${poll('often')}qeueu: {}\n`);
    await vi.waitFor(() => expect(source.diagnostics()).toHaveLength(2), patience);
    expect(seen.troubles.map(({ message }) => message)).toEqual([
      `${file} has a fault; the last good configuration stays`,
      `${file} has 2 faults; the last good configuration stays`,
    ]);
    expect(source.current().gpu.pollMs).toBe(60_000);
    replace(poll('1m'));
    await vi.waitFor(() => expect(source.diagnostics()).toEqual([]), patience);
    expect(seen.polls).toEqual([]);
  });

  it('takes a file that appears, and what is built in when it vanishes', async () => {
    const { source, seen } = await started();
    writeFileSync(file, poll('1m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(60_000), patience);
    rmSync(file);
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(20_000), patience);
    expect(seen.troubles).toEqual([]);
  });

  it('keeps what a named file said after it vanished', async () => {
    writeFileSync(file, poll('1m'));
    const { source, seen } = await started({ required: true });
    rmSync(file);
    await vi.waitFor(() => expect(seen.troubles).toHaveLength(1), patience);
    expect(seen.troubles[0]?.diagnostics).toMatchObject([{ code: 'E_FILE_READ' }]);
    expect(source.current().gpu.pollMs).toBe(60_000);
  });

  it('sees a folder that is made, or swapped, later', async () => {
    rmSync(dirname(file), { recursive: true });
    const { source } = await started();
    mkdirSync(dirname(file));
    writeFileSync(file, poll('1m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(60_000), patience);
    renameSync(dirname(file), join(top, 'old'));
    mkdirSync(dirname(file));
    writeFileSync(file, poll('2m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(120_000), patience);
  });

  it('sees without any event what changed, at the next comparison', async () => {
    writeFileSync(file, poll('1m'));
    const deaf: OpenFolderWatch = () => ({ ready: Promise.resolve(), close: async () => {} });
    const { source } = await started({ checkMs: 50, open: deaf });
    replace(poll('2m'));
    await vi.waitFor(() => expect(source.current().gpu.pollMs).toBe(120_000), patience);
  });

  it('says nothing more once it is stopped', async () => {
    writeFileSync(file, poll('1m'));
    const { source, seen } = await started({ checkMs: 20 });
    await source.stop();
    replace(poll('2m'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(seen.polls).toEqual([]);
    expect(source.current().gpu.pollMs).toBe(60_000);
  });
});
