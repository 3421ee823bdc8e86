import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MountRoot } from '../../controller/model/config.ts';
import { createMountSources } from '../../controller/observe/mount-sources.ts';
import { nodeSpecFiles } from '../../specs/files.ts';

let top: string;
let folder: string;
let roots: readonly MountRoot[];
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-sources-')));
  folder = join(top, 'project');
  mkdirSync(join(folder, 'data', 'deep'), { recursive: true });
  mkdirSync(join(top, 'datasets', 'imagenet'), { recursive: true });
  roots = [];
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const check = async (source: string, readOnly = false): Promise<string | null> => {
  const sources = createMountSources({ files: nodeSpecFiles(), mountRoots: () => roots });
  const told = await sources.check(folder, [{ source, readOnly }]);
  return told?.replaceAll(top, '') ?? null;
};

it('lets through what is as it was, and what is not there, of which the engine tells', async () => {
  expect(await check(folder)).toBeNull();
  expect(await check(join(folder, 'data', 'deep'))).toBeNull();
  expect(await check(join(folder, 'none', 'deep'))).toBeNull();
});

it('sees a link in the place of the folder, or of one above it', async () => {
  const deep = join(folder, 'data', 'deep');
  renameSync(deep, join(folder, 'aside'));
  symlinkSync(join(top, 'datasets'), deep);
  // Where it leads is not told: that may be nobody's business.
  expect(await check(deep)).toBe('/project/data/deep has a link on its way at /project/data/deep');
  rmSync(deep);
  expect(await check(deep)).toBeNull();
  rmSync(join(folder, 'data'), { recursive: true });
  symlinkSync(top, join(folder, 'data'));
  expect(await check(deep)).toContain('has a link on its way at /project/data');
  expect(await check(join(folder, 'data', 'nowhere', 'yet'))).toContain('has a link on its way');
});

it('sees a link that leads nowhere yet', async () => {
  symlinkSync(join(top, 'none'), join(folder, 'later'));
  expect(await check(join(folder, 'later', 'x'))).toContain('has a link on its way at');
});

it('sees a pipe', async () => {
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  expect(await check(join(folder, 'pipe'))).toContain('is now a socket, a device or a pipe');
});

it('asks the roots that there are now', async () => {
  const source = join(top, 'datasets', 'imagenet');
  expect(await check(source, true)).toContain('below no mount root that this host has now');
  roots = [{ path: join(top, 'datasets'), readOnly: true, projects: null }];
  expect(await check(source, true)).toBeNull();
  expect(await check(source)).toContain('lies below /datasets, which is now read-only');
  expect(await check(`${top}/datasets-of-another`, true)).toContain('below no mount root');
});
