import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { createAskers } from '../../controller/instance/asker.ts';

test('who runs this has a name and a group, through the name service', async () => {
  const { uid, username } = userInfo();
  const { name, groups } = await createAskers({ now: () => 0 }).of(uid);
  expect(name).toBe(username);
  expect(groups.length).toBeGreaterThan(0);
});

test('a uid that nobody bears has no groups', async () => {
  expect(await createAskers({ now: () => 0 }).of(4_000_000_123)).toEqual({
    uid: 4_000_000_123,
    name: 'uid 4000000123',
    groups: [],
  });
});

test('groups are asked for again after a minute', async () => {
  let now = 0;
  let groups = ['users'];
  const askers = createAskers({ now: () => now, name: () => 'ada', groups: async () => groups });
  await askers.of(1000);
  groups = ['users', 'mlenv-admin'];
  now = 59_999;
  expect((await askers.of(1000)).groups).toEqual(['users']);
  now = 60_000;
  expect((await askers.of(1000)).groups).toEqual(['users', 'mlenv-admin']);
});
