import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hold } from '../../controller/model/record.ts';
import { migrationsFolder } from '../../schema/files.ts';
import {
  environment,
  noon,
  openOk,
  openTestStore,
  optionsIn,
  project,
  temporaryFolder,
} from './support.ts';

const hold = (over: Partial<Hold> = {}): Hold => ({
  projectId: 'p1',
  environment: null,
  kind: 'down',
  by: 'ada',
  at: noon,
  ...over,
});

const stored = () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  return store.holds;
};

test("of an environment are its own and its project's", () => {
  const holds = stored();
  holds.add(hold());
  holds.add(hold({ environment: 'notebook', kind: 'suspend' }));
  holds.add(hold({ environment: 'db', kind: 'rm' }));
  expect(holds.of('p1/notebook')).toEqual([
    hold(),
    hold({ environment: 'notebook', kind: 'suspend' }),
  ]);
  expect(holds.all()).toHaveLength(3);
});

test('asked again, the first stays', () => {
  const holds = stored();
  holds.add(hold());
  holds.add(hold({ by: 'bob', at: noon + 1 }));
  expect(holds.all()).toEqual([hold()]);
});

test("lifting an environment's hold leaves the project's and other kinds", () => {
  const holds = stored();
  holds.add(hold());
  holds.add(hold({ environment: 'db' }));
  holds.add(hold({ environment: 'db', kind: 'suspend' }));
  holds.lift({ projectId: 'p1', environment: 'db', kind: 'down' });
  expect(holds.all()).toEqual([hold(), hold({ environment: 'db', kind: 'suspend' })]);
});

test("lifting the project's hold lifts those of its environments", () => {
  const holds = stored();
  holds.add(hold());
  holds.add(hold({ environment: 'db' }));
  holds.add(hold({ environment: 'db', kind: 'rm' }));
  holds.lift({ projectId: 'p1', environment: null, kind: 'down' });
  expect(holds.all()).toEqual([hold({ environment: 'db', kind: 'rm' })]);
});

test('a hold needs a project that is on record', () => {
  expect(() => {
    stored().add(hold({ projectId: 'nobody' }));
  }).toThrow(/FOREIGN KEY/);
});

test('what was there before a hold for what is not yet started has none, and keeps its own', () => {
  const before = join(temporaryFolder(), 'migrations');
  cpSync(migrationsFolder(), before, {
    recursive: true,
    filter: (path) => !/00(?:2[3-9]|[3-9]\d)-/.test(path),
  });
  const options = optionsIn(temporaryFolder());
  const old = openOk({ ...options, migrationsFolder: before });
  old.projects.insert(project());
  old.environments.insert(environment({ containerId: 'aaa' }));
  old.holds.add(hold({ environment: 'db' }));
  expect(() => old.holds.add(hold({ kind: 'unstarted' }))).toThrow(/CHECK/);
  old.close();
  const { holds, environments } = openOk(options);
  expect(holds.all()).toEqual([hold({ environment: 'db' })]);
  expect(environments.all()).toEqual([environment({ containerId: 'aaa' })]);
  holds.add(hold({ kind: 'unstarted' }));
  expect(holds.all()).toHaveLength(2);
});
