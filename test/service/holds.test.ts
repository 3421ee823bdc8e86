import { expect, it } from 'vitest';
import { liftHolds } from '../../controller/service/holds.ts';
import { environment, noon, openTestStore, project } from '../store/support.ts';

it('lets one environment go of a hold on the whole project, and keeps the others', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  for (const name of ['a', 'b', 'c']) store.environments.insert(environment({ environment: name }));
  store.holds.add({ projectId: 'p1', environment: null, kind: 'down', by: 'ada', at: noon });

  liftHolds(store, 'p1', 'b');

  const held = (name: string): readonly string[] =>
    store.holds.of(`p1/${name}`).map(({ kind, by }) => `${kind} ${by}`);
  expect([held('a'), held('b'), held('c')]).toEqual([['down ada'], [], ['down ada']]);

  liftHolds(store, 'p1', null);
  expect(store.holds.all()).toEqual([]);
});
