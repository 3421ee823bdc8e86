import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { type FolderWatch, openFolderWatch } from '../../controller/watch/folder-watch.ts';

const top = mkdtempSync(join(tmpdir(), 'mlenv-folder-'));
const watches: FolderWatch[] = [];

afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
  rmSync(top, { recursive: true, force: true });
});

it('is its own: a folder that was swapped is seen, though an older watch has the old one', async () => {
  const open = async (): Promise<readonly (string | null)[]> => {
    const names: (string | null)[] = [];
    const watch = openFolderWatch({
      folder,
      onEntry: (_event, name) => names.push(name),
      onError: (error) => expect.fail(String(error)),
    });
    watches.push(watch);
    await watch.ready;
    return names;
  };
  const folder = join(top, 'vision');
  mkdirSync(folder);
  await open();
  renameSync(folder, `${folder}.old`);
  mkdirSync(folder);
  const names = await open();
  writeFileSync(join(folder, 'mlenv.yaml'), 'new');
  await vi.waitFor(() => expect(names).toContain('mlenv.yaml'), { timeout: 20_000 });
}, 60_000);
