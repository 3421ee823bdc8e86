import { beforeEach, describe, expect, it } from 'vitest';
import { fakeWorld, queueReport } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

describe('mlenv queue', () => {
  it('says that nobody waits', async () => {
    expect(await run(cli, 'queue')).toEqual({ code: 0, out: 'Nobody waits.\n', err: '' });
    expect(cli.connections).toMatchObject([{ write: false }]);
  });

  it('shows who waits for what, in turn, and whether others may pass', async () => {
    world.queue = queueReport(
      {},
      { project: 'nlp', priority: -10, asks: '1 GPU (1g.10gb), 32 GB' },
    );
    const { out } = await run(cli, 'queue');
    expect(out).toMatchInlineSnapshot(`
      "PLACE   ENVIRONMENT    ASKS                     PRIORITY   WAITS   REASON        MESSAGE
      1       speech/train   2 GPUs (H100)            0          90s     GpuPoolFull   4 of 6 GPUs held by vision/train
      2       nlp/train      1 GPU (1g.10gb), 32 GB   -10        90s     GpuPoolFull   4 of 6 GPUs held by vision/train
      Nobody passes one before who waits for the same cards.
      "
    `);
    world.queue = { ...world.queue, order: 'best-effort' };
    expect((await run(cli, 'queue')).out).toContain('\nWho fits may pass');
  });

  it('prints what the instance said as JSON', async () => {
    world.queue = queueReport({});
    const { out } = await run(cli, 'queue', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.queue });
    world.queue = queueReport();
    expect(JSON.parse((await run(cli, 'queue', '-o', 'json')).out)).toMatchObject({ items: [] });
  });

  it('does not take a message for orders to the terminal', async () => {
    world.queue = queueReport({ message: '\u001B[2Jx', asks: '\u001B[2J' });
    expect((await run(cli, 'queue')).out).not.toContain('\u001B');
  });
});
