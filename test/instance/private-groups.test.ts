import { expect, it, test } from 'vitest';
import { createPrivateGroups } from '../../controller/instance/private-groups.ts';

const passwd = 'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n';
const group = 'root:x:0:\nada:x:1000:\nstaff:x:50:ada\n';

/** As getent does over these two files; `silent`: the maps that it does not answer for. */
const getent =
  (files: { passwd?: string; group?: string }, silent: readonly string[] = []) =>
  async ([map = '', key]: readonly string[]): Promise<string | null> => {
    if (silent.includes(key === undefined ? map : `${map} ${key}`)) return null;
    const text = { passwd, group, ...files }[map as 'passwd' | 'group'];
    if (key === undefined) return text;
    const row = text.split('\n').find((line) => line.split(':')[2] === key);
    return row === undefined ? '' : `${row}\n`;
  };

const asked = (files: Parameters<typeof getent>[0], silent: readonly string[] = []) =>
  createPrivateGroups({ now: () => 0, getent: getent(files, silent) });

it.each<[string, Parameters<typeof getent>[0], boolean]>([
  ['her own', {}, true],
  ['her own, with herself as a member', { group: 'ada:x:1000:ada\n' }, true],
  ['one with another member', { group: 'ada:x:1000:bob\n' }, false],
  [
    'one with a second name, of which another is a member',
    { group: `${group}lab:x:1000:bob\n` },
    false,
  ],
  ['another’s primary group too', { passwd: `${passwd}bob:x:1001:1000::/:/bin/sh\n` }, false],
  ['one of another name, as a directory’s for all is', { group: 'users:x:1000:\n' }, false],
  ['not her primary group', { passwd: 'ada:x:1000:50::/:/bin/sh\n' }, false],
  ['of nobody that is known', { passwd: '' }, false],
  ['not known', { group: '' }, false],
])('the group is private where it is %s: %o → %s', async (_, files, says) => {
  expect(await asked(files).isPrivate(1000, 1000)).toBe(says);
});

it('says no of a group in which she is one of many', async () => {
  expect(await asked({}).isPrivate(50, 1000)).toBe(false);
});

test.each(['passwd 1000', 'group 1000', 'passwd', 'group'])(
  'where %s is not answered nobody knows',
  async (silent) => {
    expect(await asked({}, [silent]).isPrivate(1000, 1000)).toBe(null);
  },
);

test('it asks again after a minute, and sooner where nobody answered', async () => {
  let now = 0;
  let answers = getent({}, ['group']);
  let count = 0;
  const groups = createPrivateGroups({
    now: () => now,
    getent: (args) => {
      count += 1;
      return answers(args);
    },
  });
  const both = await Promise.all([groups.isPrivate(1000, 1000), groups.isPrivate(1000, 1000)]);
  expect(both).toEqual([null, null]);
  expect(count).toBe(4);
  answers = getent({});
  expect(await groups.isPrivate(1000, 1000)).toBe(null);
  now += 5001;
  expect(await groups.isPrivate(1000, 1000)).toBe(true);
  answers = getent({ group: 'ada:x:1000:bob\n' });
  expect(await groups.isPrivate(1000, 1000)).toBe(true);
  now += 60_001;
  expect(await groups.isPrivate(1000, 1000)).toBe(false);
});
