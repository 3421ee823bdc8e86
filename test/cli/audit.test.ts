import { beforeEach, describe, expect, it } from 'vitest';
import { auditItem, fakeWorld } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

describe('mlenv audit', () => {
  it('says that nothing was asked', async () => {
    expect(await run(cli, 'audit')).toEqual({ code: 0, out: 'Nothing was asked.\n', err: '' });
    expect(cli.connections).toMatchObject([{ write: false }]);
    expect(world.asked).toEqual([
      { method: 'audit', args: [{ project: null, user: null, since: null, limit: 100 }] },
    ]);
  });

  it('asks for what it was told', async () => {
    const options = ['--project', 'vision', '--user', 'ada', '--since', '7d', '--limit', '5'];
    expect((await run(cli, 'audit', ...options)).code).toBe(0);
    expect(world.asked[0]?.args).toEqual([
      { project: 'vision', user: 'ada', since: '2024-12-25T00:01:00.000Z', limit: 5 },
    ]);
  });

  it('takes a folder for a project', async () => {
    await run(cli, 'audit', '--project', './speech');
    expect(world.asked[0]?.args).toMatchObject([
      { project: expect.stringMatching(/^\/.*speech$/) },
    ]);
  });

  it.each([
    ['--since', 'yesterday'],
    ['--since', '99999d'],
    ['--limit', 'all'],
  ])('refuses %s %s', async (option, value) => {
    const { code, err } = await run(cli, 'audit', option, value);
    expect([code, err]).toEqual([2, expect.stringContaining(`${option} ${value}`)]);
    expect(world.asked).toEqual([]);
  });

  it('shows who did what to what, and what came of it', async () => {
    world.audit = {
      items: [
        auditItem({
          before: { notebook: { holds: [] } },
          after: { notebook: { holds: ['down'] } },
        }),
        auditItem({
          by: 'bob',
          uid: 1001,
          outcome: 'refused',
          why: 'it belongs to ada',
          count: 12,
        }),
        auditItem({
          by: 'file',
          uid: null,
          action: 'change',
          before: { generation: 1 },
          after: { generation: 2 },
          source: { revision: '0123456789abcdef', author: 'Ada <ada@example.org>' },
        }),
        auditItem({ action: 'confirm', project: null, resourceType: 'host', resourceId: '*' }),
      ],
    };
    expect((await run(cli, 'audit')).out).toMatchInlineSnapshot(`
      "AGE   BY     ACTION    RESOURCE               OUTCOME       DETAILS
      90s   ada    down      /srv/vision notebook   done          {notebook:{holds:[]}} → {notebook:{holds:[down]}}
      90s   bob    down      /srv/vision notebook   refused x12   it belongs to ada
      90s   file   change    /srv/vision notebook   done          0123456789ab Ada <ada@example.org>; {generation:1} → {generation:2}
      90s   ada    confirm   host                   done
      "
    `);
  });

  it('prints what the instance said as JSON', async () => {
    world.audit = { items: [auditItem()] };
    const { out } = await run(cli, 'audit', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.audit });
  });

  it('does not take what was written for orders to the terminal', async () => {
    world.audit = { items: [auditItem({ why: '\u001B[2Jx', by: '\u001B[2J' })] };
    expect((await run(cli, 'audit')).out).not.toContain('\u001B');
  });
});
