import { beforeEach, describe, expect, it, test } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { fakeWorld, quotaItem, type FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run, type FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

const gib = 2 ** 30;
const none = { limit: null, from: 'built in', used: null };

describe('mlenv quota show', () => {
  it('shows what each may have, who says so, and what is in use', async () => {
    const user = { kind: 'user', name: 'ada', uid: 1000, path: null, owner: null } as const;
    world.quotas = {
      items: [
        quotaItem(),
        quotaItem({
          ...user,
          limits: { ...quotaItem().limits, gpus: { limit: 4, from: 'group students', used: 1 } },
        }),
        quotaItem({
          ...user,
          kind: 'group',
          name: 'students',
          uid: null,
          limits: {
            containers: none,
            cpus: none,
            memoryBytes: { limit: 64 * gib, from: 'config', used: null },
            gpus: { limit: 4, from: 'set', used: null },
          },
        }),
      ],
    };
    const { out, code } = await run(cli, 'quota', 'show');
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "OF        NAME       OWNER   CONTAINERS          CPUS                 MEMORY             GPUS
      project   vision     ada     2 of 5 (built in)   6 of 12.5 (config)   0 of 64 GB (set)   1 of any (built in)
      user      ada        -       2 of 5 (built in)   6 of 12.5 (config)   0 of 64 GB (set)   1 of 4 (group students)
      group     students   -       any (built in)      any (built in)       64 GB (config)     4 (set)

      In use of what may be had, and who says so; any: there is no limit.
      Of a group: what each member may have who has no limit of their own.
      "
    `);
    expect((await run(cli, 'quota')).out).toBe(out);
    expect(cli.connections.every(({ write }) => !write)).toBe(true);
  });

  it.each([
    [['--user', 'ada'], { kind: 'user', user: 'ada' }],
    [['--group', 'students'], { kind: 'group', group: 'students' }],
    [['--project', 'vision'], { kind: 'project', project: 'vision' }],
    [['--project', '.'], { kind: 'project', project: '/srv/vision' }],
    [['--project', '../speech'], { kind: 'project', project: '/srv/speech' }],
    [[], null],
  ])('asks for those that %j names', async (argv, subject) => {
    await run(cli, 'quota', 'show', ...argv);
    expect(world.asked).toEqual([{ method: 'quotas', args: [{ subject }] }]);
  });

  it('prints what the instance said as JSON', async () => {
    const { out } = await run(cli, 'quota', 'show', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.quotas });
  });

  it('says so where there is none', async () => {
    world.quotas = { items: [] };
    expect((await run(cli, 'quota', 'show')).out).toBe('There is no quota to show.\n');
  });

  it('does not take a name for orders to the terminal', async () => {
    world.quotas = { items: [quotaItem({ name: '\u001B[2Jx', owner: '\u001B[2J' })] };
    expect((await run(cli, 'quota', 'show')).out).not.toContain('\u001B');
  });

  it('tells what the instance does not know', async () => {
    world.faults.quotas = new ApiError('not-found', 'no user is named bbo');
    const { code, err } = await run(cli, 'quota', 'show', '--user', 'bbo');
    expect([code, err]).toEqual([2, 'mlenv: no user is named bbo\n']);
  });
});

describe('mlenv quota set', () => {
  it('sends numbers, and no more than what is given', async () => {
    world.result = { keys: [], messages: ['user ada has more in use'] };
    const argv = ['--containers', 'unlimited', '--cpus', '2.5', '--memory', '64GB', '--gpus', '0'];
    const { code, out } = await run(cli, 'quota', 'set', '--user', 'ada', ...argv);
    expect([code, out]).toEqual([0, 'user ada has more in use\n']);
    await run(cli, 'quota', 'set', '--project', 'vision', '--gpus', 'inherit', '--cpus', '0');
    expect(world.asked).toEqual([
      {
        method: 'setQuota',
        args: [
          {
            subject: { kind: 'user', user: 'ada' },
            limits: { containers: 'unlimited', cpus: 2.5, memoryBytes: 64 * gib, gpus: 0 },
            by: 'ada',
          },
        ],
      },
      {
        method: 'setQuota',
        args: [
          {
            subject: { kind: 'project', project: 'vision' },
            limits: { cpus: 0, gpus: 'inherit' },
            by: 'ada',
          },
        ],
      },
    ]);
  });

  it.each([
    [['--user', 'ada', '--gpus', 'many'], '--gpus many is not a whole number, unlimited or'],
    [['--user', 'ada', '--gpus', '1.5'], '--gpus 1.5 is not a whole number'],
    [['--user', 'ada', '--containers=-1'], '--containers -1 is not a whole number'],
    [['--user', 'ada', '--cpus', 'x'], '--cpus x is not a number of cores such as 2.5'],
    [['--user', 'ada', '--memory', '64'], '--memory 64 is not a size such as 64GB'],
    [['--user', 'ada'], 'say what to set: --containers, --cpus, --memory or --gpus'],
    [['--gpus', '1'], 'say whose quota to set: --user, --group or --project'],
    [['--user', 'ada', '--group', 'x', '--gpus', '1'], 'name one of --user, --group and'],
    [['--user', '', '--gpus', '1'], 'a name is empty'],
  ])('refuses %j before anybody is asked', async (argv, message) => {
    const { code, err } = await run(cli, 'quota', 'set', ...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(world.asked).toEqual([]);
  });
});

describe('mlenv quota check', () => {
  const wrong = [
    {
      project: 'vision',
      path: '/srv/vision',
      says: { containers: 3, cpus: 1, memoryBytes: 0, gpus: 1 },
      holds: { containers: 2, cpus: 1, memoryBytes: 2 * gib, gpus: 1 },
    },
  ];

  it.each([['check'], ['--check']])('tells with its exit code (%s)', async (word) => {
    const well = await run(cli, 'quota', word);
    expect([well.code, well.out]).toEqual([0, 'The use that quotas show is what is held.\n']);
    world.quotaCheck = { repaired: false, wrong };
    const { code, out } = await run(cli, 'quota', word);
    expect(code).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "vision (/srv/vision) shows 3 containers in use and holds 2
      vision (/srv/vision) shows 0 of memory in use and holds 2 GB
      Somebody wrote into project_quotas; mlenv quota check --repair writes down what is held.
      "
    `);
    expect(world.asked.at(-1)?.args).toEqual([{ repair: false, by: 'ada' }]);
    expect(cli.connections.at(-1)?.write).toBe(false);
  });

  test('--repair tells what was wrong', async () => {
    world.quotaCheck = { repaired: true, wrong };
    const { code, out } = await run(cli, 'quota', 'check', '--repair');
    expect(code).toBe(0);
    expect(out).toContain('showed 3 containers in use and holds 2');
    expect(world.asked.at(-1)?.args).toEqual([{ repair: true, by: 'ada' }]);
    expect(cli.connections.at(-1)?.write).toBe(true);
  });

  test('--check belongs to no command below', async () => {
    expect((await run(cli, 'quota', 'show', '--check')).code).toBe(2);
    expect(world.asked).toEqual([]);
  });
});
