import { expect, test } from 'vitest';
import { folderPattern, patternFault } from '../../controller/model/folder-pattern.ts';

test.each([
  ['/srv', ['/srv', '/srv/a', '/srv/a/b/c'], ['/srv/a/b/c/d', '/srv/.a', '/srvx', '/']],
  ['/srv/**', ['/srv', '/srv/a/b/c'], ['/srv/a/b/c/d']],
  ['/srv/*', ['/srv/a', '/srv/a/b/c/d'], ['/srv', '/srv/.a', '/srv/node_modules', '/srv/a/.b']],
  ['/srv/*/mlenv.yaml', ['/srv/a'], ['/srv', '/srv/a/b']],
  ['/srv/a/mlenv.yaml', ['/srv/a'], ['/srv', '/srv/a/b']],
  ['/srv/**/mlenv.yaml', ['/srv', '/srv/a/b/c'], ['/srv/a/b/c/d']],
  ['/srv/**/deploy/mlenv.yaml', ['/srv/deploy', '/srv/a/b/deploy'], ['/srv/a', '/srv/deploy/a']],
  ['/home/*/pro.*', ['/home/ann/pro.a', '/home/ann/pro.a/x'], ['/home/ann/proxa', '/home/ann']],
  ['/srv/.*/mlenv.yaml', ['/srv/.a'], ['/srv/a']],
])('%s', (pattern, inside, outside) => {
  const { holds, leadsTo, base } = folderPattern(pattern);
  expect(inside.filter((folder) => !holds(folder))).toEqual([]);
  expect(outside.filter(holds)).toEqual([]);
  // Whatever it holds, the way from its base leads there.
  for (const folder of inside) {
    for (let at = folder; at.length >= base.length; at = at.slice(0, at.lastIndexOf('/'))) {
      expect(leadsTo(at), `${pattern} leads to ${at}`).toBe(true);
    }
  }
});

test('what a pattern speaks for', () => {
  expect(folderPattern('/srv').covers('/srv/a/b/c/d/e', '/srv')).toBe(true);
  const pattern = folderPattern('/srv/*/mlenv.yaml');
  expect(pattern.covers('/data/a', '/data')).toBe(true);
  expect(pattern.covers('/data/a/b', '/data')).toBe(false);
});

test.each([
  ['/srv/{a,b}', 'only'],
  ['/srv/a?', 'only'],
  ['/srv/a**', 'by itself'],
  ['/**/a/**', 'once'],
  ['/*/a', 'before the first star'],
])('%s is none', (pattern, why) => expect(patternFault(pattern)).toMatch(why));

test.each(['/', '/srv', '/srv/*', '/srv/a*/**/mlenv.yaml', '~/p/**'])('%s is one', (pattern) =>
  expect(patternFault(pattern)).toBe(null),
);
