import { beforeEach, describe, expect, it } from 'vitest';
import { fakeWorld, noticeItem } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

const receivers = [
  { name: 'lab-chat', kind: 'webhook', events: ['failure', 'recovery'], waiting: 1 },
] as const;

describe('mlenv notices', () => {
  it('says that nobody is told', async () => {
    expect(await run(cli, 'notices')).toMatchObject({
      code: 0,
      out: 'Nobody is told: the configuration has no notices.\n',
    });
    expect(cli.connections).toMatchObject([{ write: false }]);
    expect(world.asked).toEqual([{ method: 'notices', args: [{ limit: 50 }] }]);
  });

  it('says that nothing had to be told', async () => {
    world.notices = { receivers, items: [] };
    expect((await run(cli, 'notices')).out).toContain('Nothing had to be told.');
  });

  it('shows what was told, what waits and what was given up', async () => {
    world.notices = {
      receivers,
      items: [
        noticeItem(),
        noticeItem({ environment: null, reason: 'SpecInvalid', state: 'pending', attempts: 0 }),
        noticeItem({
          event: 'recovery',
          reason: 'Running',
          state: 'pending',
          attempts: 2,
          error: 'it answered with HTTP 500',
          nextTryAt: '2025-01-01T00:01:10.000Z',
        }),
        noticeItem({ state: 'failed', attempts: 33, error: '\u001B[2Jnobody listens there' }),
      ],
    };
    expect((await run(cli, 'notices', '--limit', '4')).out).toMatchInlineSnapshot(`
      "RECEIVER   KIND      EVENTS              WAITING
      lab-chat   webhook   failure, recovery   1

      AGE   RECEIVER   EVENT      OF             REASON        STATE
      90s   lab-chat   failure    vision/train   Failed        sent
      90s   lab-chat   failure    vision         SpecInvalid   pending
      90s   lab-chat   recovery   vision/train   Running       it answered with HTTP 500; 2 tries, next in 10 s
      90s   lab-chat   failure    vision/train   Failed        given up after 33 tries: nobody listens there
      "
    `);
  });

  it('prints JSON', async () => {
    world.notices = { receivers, items: [noticeItem()] };
    const { out } = await run(cli, 'notices', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.notices });
  });

  it('refuses a limit that is no number', async () => {
    const { code, err } = await run(cli, 'notices', '--limit', 'all');
    expect([code, err]).toEqual([2, expect.stringContaining('--limit all')]);
    expect(world.asked).toEqual([]);
  });
});

describe('mlenv notices test', () => {
  it('shows what the receiver took', async () => {
    expect(await run(cli, 'notices', 'test', 'lab-chat')).toEqual({
      code: 0,
      out: 'lab-chat took: {"text":"a test"}\n',
      err: '',
    });
    expect(world.asked).toMatchObject([{ method: 'testNotice', args: [{ receiver: 'lab-chat' }] }]);
  });

  it('tells why it did not', async () => {
    world.testNotice = { receiver: 'lab-chat', error: 'nobody listens there', body: '' };
    expect(await run(cli, 'notices', 'test', 'lab-chat')).toEqual({
      code: 1,
      out: '',
      err: 'mlenv: lab-chat did not take it: nobody listens there\n',
    });
  });

  it.each([
    ['-o', 'json'],
    ['--limit', '3'],
  ])('has no %s', async (option, value) => {
    expect((await run(cli, 'notices', option, value, 'test', 'lab-chat')).code).toBe(2);
    expect(world.asked).toEqual([]);
  });
});
