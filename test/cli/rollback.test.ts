import { expect, it } from 'vitest';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

it('asks for the commit before, for one that is named, or to follow again', async () => {
  const cli = fakeCli(fakeWorld());
  await run(cli, 'rollback', 'vision');
  await run(cli, 'rollback', 'vision', 'a1b2c3d');
  await run(cli, 'rollback', 'vision', '--resume');
  const scope = { kind: 'project', project: 'vision' };
  const rollbacks = cli.world.asked.filter(({ method }) => method === 'rollback');
  expect(rollbacks.map(({ args }) => args[0])).toEqual([
    { scope, revision: null, resume: false, by: 'ada' },
    { scope, revision: 'a1b2c3d', resume: false, by: 'ada' },
    { scope, revision: null, resume: true, by: 'ada' },
  ]);
});

it('refuses a commit together with --resume', async () => {
  const cli = fakeCli(fakeWorld());
  expect(await run(cli, 'rollback', 'vision', 'a1b2c3d', '--resume')).toMatchObject({ code: 2 });
  expect(cli.world.asked).toEqual([]);
});
