import { expect, test } from 'vitest';
import { fakeWorld, runItem } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

const ended = { isRunning: false, endedAt: '2024-12-31T23:59:00.000Z' };
const runs = {
  items: [
    runItem(),
    runItem({
      ...ended,
      run: 2,
      startedAt: '2024-12-31T22:59:00.000Z',
      exitCode: 137,
      cause: 'out-of-memory',
      log: { state: 'kept', bytes: 5_242_000, note: 'only its last 5.0 MB are kept' },
    }),
    runItem({
      ...ended,
      run: 1,
      startedAt: '2024-12-31T21:00:00.000Z',
      endedAt: null,
      cause: 'removed-outside',
      revision: '',
      log: { state: 'none', bytes: 0, note: 'its container was removed outside MLEnv' },
    }),
  ],
};

test('shows each run with its length, code, cause, commit and log', async () => {
  const cli = fakeCli(fakeWorld({ runs }));
  expect((await run(cli, 'runs', 'train')).out).toMatchInlineSnapshot(`
    "RUN   STARTED   DURATION   EXIT   CAUSE             GENERATION   COMMIT       CONTAINER      LOG
    3     90s       90s        -      running           2            a1b2c3d4e5   c0ffee000000   yes
    2     62m       60m        137    out-of-memory     2            a1b2c3d4e5   c0ffee000000   in part
    1     3h1m      -          -      removed-outside   2            -            c0ffee000000   no

    run 2: only its last 5.0 MB are kept
    run 1: its container was removed outside MLEnv
    "
  `);
});

test('asks for the newest so many, and gives the same as JSON', async () => {
  const world = fakeWorld({ runs });
  const cli = fakeCli(world);
  const { out } = await run(cli, 'runs', 'vision/train', '--limit', '3', '-o', 'json');
  expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...runs });
  const ref = { path: null, project: 'vision', environment: 'train' };
  expect(world.asked).toEqual([{ method: 'runs', args: [{ ref, limit: 3 }] }]);
});

test('says what has not run, and refuses a limit that is none', async () => {
  const cli = fakeCli(fakeWorld());
  expect((await run(cli, 'runs', 'train')).out).toBe('It has not run yet.\n');
  expect(await run(cli, 'runs', 'train', '--limit', '0')).toMatchObject({ code: 2 });
});
