import { expect, it } from 'vitest';
import { fakeWorld, historyItem } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

const history = {
  items: [
    historyItem(),
    historyItem({
      generation: 1,
      isCurrent: false,
      revision: '',
      author: '',
      subject: '\u001B[2J',
    }),
  ],
};

it('prints the generations of the project here, or of one that is named', async () => {
  const cli = fakeCli(fakeWorld({ history }));
  expect((await run(cli, 'history')).out).toMatchInlineSnapshot(`
    "ENVIRONMENT    GENERATION   AGE   COMMIT       AUTHOR   SUBJECT               IMAGE   DIGEST         OUTCOME
    vision/train   2 *          90s   a1b2c3d4e5   Alice    Train for two hours   -       d1ge57000000   Running
    vision/train   1            90s   -            -        -                     -       d1ge57000000   Running
    "
  `);
  await run(cli, 'history', 'speech', '--limit', '3');
  expect(cli.world.asked).toEqual([
    { method: 'history', args: [{ scope: { kind: 'path', path: '/srv/vision' }, limit: 10 }] },
    { method: 'history', args: [{ scope: { kind: 'project', project: 'speech' }, limit: 3 }] },
  ]);
});

it('prints JSON', async () => {
  const { out } = await run(fakeCli(fakeWorld({ history })), 'history', '-o', 'json');
  expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...history });
});

it('says that there is none, and refuses a limit that is no number', async () => {
  const cli = fakeCli(fakeWorld());
  expect((await run(cli, 'history')).out).toBe('No generation yet.\n');
  expect(await run(cli, 'history', '--limit', 'all')).toMatchObject({ code: 2 });
});
