import { describe, expect, it } from 'vitest';
import { folderPattern } from '../../controller/model/folder-pattern.ts';
import { watchList } from '../../controller/watch/watch-list.ts';

describe('the watch list', () => {
  const list = watchList([
    { folder: '/srv', depth: 3, files: [] },
    { folder: '/srv/vision', depth: 0, files: ['/srv/vision/conf/prod.env'] },
    { folder: '/home/ann/audio', depth: 0, files: [] },
  ]);

  it('watches each folder and the one above it, and where env files lie', () => {
    expect(Object.fromEntries(list.places)).toEqual({
      '/': 0,
      '/srv': 4,
      '/srv/vision': 0,
      '/srv/vision/conf': 0,
      '/home/ann': 0,
      '/home/ann/audio': 0,
    });
  });

  it('knows whose files they are', () => {
    expect(list.bells.get('/srv/vision/conf/prod.env')).toEqual(new Set(['/srv/vision']));
    expect(list.bells.get('/srv/vision/.env')).toEqual(new Set(['/srv/vision']));
    expect(list.bells.get('/srv/vision/train.log')).toBeUndefined();
  });

  it('does not go into projects, hidden folders and packages, but into a root that is a project', () => {
    expect(
      ['/srv/vision/data', '/srv/.cache', '/srv/node_modules'].map((folder) => list.skips(folder)),
    ).toEqual([true, true, true]);
    expect([list.skips('/srv/vision'), list.skips('/srv/group')]).toEqual([false, false]);
    const both = watchList([
      { folder: '/srv', depth: 3, files: [] },
      { folder: '/srv', depth: 0, files: [] },
    ]);
    expect([both.places.get('/srv'), both.skips('/srv/vision')]).toEqual([4, false]);
  });

  it('finds projects below a folder, and not those that only begin alike', () => {
    expect(list.projectsBelow('/srv')).toEqual(['/srv/vision']);
    expect(list.projectsBelow('/srv/vis')).toEqual([]);
    expect(list.projectsBelow('/')).toEqual(['/srv/vision', '/home/ann/audio']);
  });

  it('goes only where a pattern leads', () => {
    const { base, levels, leadsTo } = folderPattern('/srv/*/deploy/mlenv.yaml');
    const some = watchList([{ folder: base, depth: levels, leadsTo, files: [] }]);
    expect(some.places.get('/srv')).toBe(3);
    const skipped = ['/srv/a', '/srv/a/deploy', '/srv/a/data', '/srv/.a'].filter((folder) =>
      some.skips(folder),
    );
    expect(skipped).toEqual(['/srv/a/data', '/srv/.a']);
  });
});
