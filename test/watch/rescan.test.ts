import { describe, expect, it } from 'vitest';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import type { FileStamp } from '../../controller/watch/file-stamp.ts';
import { createRescan, type ProjectFiles } from '../../controller/watch/rescan.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const stamp = (n: number): FileStamp => ({
  device: '1',
  inode: '1',
  size: 10,
  mtimeNs: 5n,
  ctimeNs: BigInt(n),
});

const setUp = () => {
  const clock = createSimulatedClock();
  const files = new Map<string, FileStamp | Error | 'hangs'>();
  const projects: ProjectFiles[] = [];
  const roots: string[] = [];
  const listings = new Map<string, Result<readonly string[]>>();
  const changes: string[] = [];
  const troubles: string[] = [];
  let reads = 0;
  const rescan = createRescan({
    clock,
    projects: () => projects,
    roots: () => roots,
    lstat: async (path) => {
      reads += 1;
      const found = files.get(path);
      if (found === 'hangs') return new Promise(() => {});
      if (found instanceof Error) throw found;
      return found ?? null;
    },
    discover: async (root) => {
      const listing = listings.get(root) ?? ok([]);
      return listing.ok ? ok({ folders: listing.value, cut: null }) : listing;
    },
    onChange: (folder) => changes.push(folder),
    onTrouble: (message) => troubles.push(message),
  });
  /** The folders that one scan rings for. */
  const scan = async (): Promise<readonly string[]> => {
    changes.length = 0;
    const scanned = rescan.scan();
    await clock.advance(10_000);
    await scanned;
    return [...changes];
  };
  return {
    clock,
    files,
    projects,
    roots,
    listings,
    changes,
    troubles,
    rescan,
    scan,
    reads: () => reads,
  };
};

describe('the rescan', () => {
  it('rings once at first sight, then only for what changed', async () => {
    const { files, projects, scan } = setUp();
    projects.push({ folder: '/p', files: ['/p/prod.env'] }, { folder: '/q', files: [] });
    files.set('/p/mlenv.yaml', stamp(1));
    expect(await scan()).toEqual(['/p', '/q']);
    expect(await scan()).toEqual([]);
    files.set('/p/mlenv.yaml', stamp(2));
    expect(await scan()).toEqual(['/p']);
    files.set('/p/prod.env', stamp(1));
    expect(await scan()).toEqual(['/p']);
    files.set('/q/.env', stamp(1));
    expect(await scan()).toEqual(['/q']);
    files.delete('/p/mlenv.yaml');
    expect(await scan()).toEqual(['/p']);
    expect(await scan()).toEqual([]);
  });

  it('reads each file once a scan', async () => {
    const { projects, scan, reads } = setUp();
    projects.push({ folder: '/p', files: ['/p/.env', '/p/a.env'] });
    await scan();
    expect(reads()).toBe(4);
  });

  it('takes a file that cannot be looked at for unchanged', async () => {
    const { files, projects, scan } = setUp();
    projects.push({ folder: '/p', files: [] });
    files.set('/p/mlenv.yaml', stamp(1));
    await scan();
    files.set('/p/mlenv.yaml', new Error('EIO'));
    expect(await scan()).toEqual([]);
    files.set('/p/mlenv.yaml', stamp(1));
    expect(await scan()).toEqual([]);
    files.set('/p/mlenv.yaml', new Error('EIO'));
    await scan();
    files.set('/p/mlenv.yaml', stamp(2));
    expect(await scan()).toEqual(['/p']);
  });

  it('finds new projects below the roots, rings once, and follows them before they are on record', async () => {
    const { files, roots, listings, scan } = setUp();
    roots.push('/srv');
    listings.set('/srv', ok(['/srv/a']));
    files.set('/srv/a/mlenv.yaml', stamp(1));
    expect(await scan()).toEqual(['/srv/a']);
    expect(await scan()).toEqual([]);
    files.set('/srv/a/mlenv.yaml', stamp(2));
    listings.set('/srv', ok(['/srv/a', '/srv/b']));
    expect(await scan()).toEqual(['/srv/a', '/srv/b']);
    listings.set('/srv', ok(['/srv/b']));
    expect(await scan()).toEqual([]);
    listings.set('/srv', ok(['/srv/a', '/srv/b']));
    expect(await scan()).toEqual(['/srv/a']);
  });

  it('keeps what a root had where its listing fails, and says so once', async () => {
    const { files, roots, listings, troubles, scan } = setUp();
    roots.push('/srv');
    listings.set('/srv', ok(['/srv/a']));
    await scan();
    listings.set('/srv', failed('retry', 'input/output error'));
    expect(await scan()).toEqual([]);
    files.set('/srv/a/mlenv.yaml', stamp(2));
    expect(await scan()).toEqual(['/srv/a']);
    expect(troubles).toEqual(['/srv cannot be listed: input/output error']);
    listings.set('/srv', ok(['/srv/a']));
    await scan();
    listings.set('/srv', failed('retry', 'input/output error'));
    await scan();
    expect(troubles).toHaveLength(2);
  });

  it('does not let one dead folder keep the others from being seen, nor ask it twice', async () => {
    const { files, projects, scan, reads } = setUp();
    projects.push({ folder: '/dead', files: [] }, { folder: '/p', files: [] });
    files.set('/dead/mlenv.yaml', 'hangs');
    expect(await scan()).toEqual(['/p']);
    files.set('/p/mlenv.yaml', stamp(1));
    const before = reads();
    expect(await scan()).toEqual(['/p']);
    expect(reads() - before).toBe(3);
  });

  it('scans every fifteen seconds from start to stop', async () => {
    const { clock, files, projects, changes, rescan } = setUp();
    projects.push({ folder: '/p', files: [] });
    rescan.start();
    await clock.settle();
    expect(changes).toEqual(['/p']);
    files.set('/p/mlenv.yaml', stamp(1));
    await clock.advance(14_999);
    expect(changes).toEqual(['/p']);
    await clock.advance(1);
    expect(changes).toEqual(['/p', '/p']);
    await rescan.stop();
    files.set('/p/mlenv.yaml', stamp(2));
    await clock.advance(60_000);
    expect(changes).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it('goes on after a scan that failed, and says why', async () => {
    const { clock, roots, listings, changes, troubles, rescan } = setUp();
    roots.push('/srv');
    listings.set('/srv', ok(['/srv/a']));
    const list = roots[Symbol.iterator];
    roots[Symbol.iterator] = () => {
      throw new Error('disk I/O error');
    };
    rescan.start();
    await clock.settle();
    expect([changes, troubles]).toEqual([[], ['rescan: Error: disk I/O error']]);
    roots[Symbol.iterator] = list;
    await clock.advance(15_000);
    expect(changes).toEqual(['/srv/a']);
    await rescan.stop();
  });
});
