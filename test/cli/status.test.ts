import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { fakeWorld, item, statusList } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

const two = {
  ...statusList(
    item(),
    item({
      environment: 'train',
      phase: 'Pending',
      ready: false,
      reason: 'QuotaExceeded',
      message: '5 of 5 containers\u001B[2J\nare in use',
      containerId: null,
      ports: [],
      startedAt: null,
      restarts: 3,
      settled: false,
      generation: 2,
    }),
  ),
  notices: [
    {
      project: 'nlp',
      reason: 'SpecInvalid',
      message: 'the last good generation keeps running',
      diagnostics: [
        {
          code: 'E_UNKNOWN_FIELD',
          file: 'mlenv.yaml',
          line: 3,
          column: 5,
          message: 'no such field "imgae"',
          hint: '',
          excerpt: '',
          length: 5,
        },
      ],
    },
  ],
};

beforeEach(() => {
  world = fakeWorld({ statuses: [two] });
  cli = fakeCli(world);
});

describe('mlenv status', () => {
  it('prints a table of the project', async () => {
    expect((await run(cli, 'status')).out).toMatchInlineSnapshot(`
      "NAME       PHASE     READY   RESTARTS   AGE   PORTS       REASON
      notebook   Running   yes     0          60s   8888:8888   Healthy
      train      Pending   no      3          -     -           QuotaExceeded: 5 of 5 containers are in use
      nlp: SpecInvalid: the last good generation keeps running
        mlenv.yaml:3:5 no such field "imgae"
      "
    `);
    expect(world.asked).toEqual([
      { method: 'status', args: [{ kind: 'path', path: '/srv/vision' }] },
    ]);
    expect(cli.connections).toEqual([{ write: false, host: null, config: null }]);
  });

  it('prints all projects, wide', async () => {
    expect((await run(cli, 'status', '--all', '-o', 'wide')).out).toMatchInlineSnapshot(`
      "NAME              PHASE     READY   RESTARTS   AGE   PORTS       IMAGE                              CONTAINER      GENERATION   GPUS   SYNC     REVISION   BRANCH   AUTHOR   PATH          REASON
      vision/notebook   Running   yes     0          60s   8888:8888   nvcr.io/nvidia/pytorch:24.05-py3   c0ffee000000   1            -      Synced   -          -        -        /srv/vision   Healthy
      vision/train      Pending   no      3          -     -           nvcr.io/nvidia/pytorch:24.05-py3   -              1 of 2       -      Synced   -          -        -        /srv/vision   QuotaExceeded: 5 of 5 containers are in use
      nlp: SpecInvalid: the last good generation keeps running
        mlenv.yaml:3:5 no such field "imgae"
      "
    `);
    expect(world.asked).toEqual([{ method: 'status', args: [{ kind: 'all' }] }]);
  });

  it('colours on a terminal and honours NO_COLOR', async () => {
    cli.tty = true;
    expect((await run(cli, 'status')).out).toContain('\u001B[32mHealthy\u001B[39m');
    cli.env = { NO_COLOR: '1' };
    expect((await run(cli, 'status')).out).not.toContain('\u001B');
  });

  it('prints JSON that its schema describes', async () => {
    const { out } = await run(cli, 'status', '-o', 'json');
    const list: unknown = JSON.parse(out);
    expect(list).toEqual(two);
    const schema: object = JSON.parse(
      readFileSync(new URL('../../schema/status.schema.json', import.meta.url), 'utf8'),
    );
    const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);
    expect(validate(list), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...two, items: [{ ...two.items[0], ready: 'yes' }] })).toBe(false);
    expect(validate({ apiVersion: 'mlenv/v1', items: [{}] })).toBe(false);
  });

  it('prints YAML', async () => {
    const { out } = await run(cli, 'status', '-o', 'yaml');
    expect(out).toMatch(/^apiVersion: mlenv\/v1\nitems:\n {2}- project: vision\n/);
  });

  it('says that nothing watches, once', async () => {
    cli.mode = 'process';
    expect((await run(cli, 'status')).out).toMatch(/\nUnwatched: No controller runs/);
    world.statuses = [
      { ...two, notices: [{ project: null, reason: 'Unwatched', message: 'x', diagnostics: [] }] },
    ];
    expect((await run(cli, 'status')).out.match(/Unwatched/g)).toHaveLength(1);
  });

  it('says so where there is nothing', async () => {
    world.statuses = [statusList()];
    expect((await run(cli, 'status')).out).toBe('No environments.\n');
  });

  it('exits 2 and lists the paths where the name is ambiguous', async () => {
    world.faults.status = new ApiError('usage', 'vision is ambiguous:\n  /a/vision\n  /b/vision');
    expect(await run(cli, 'status')).toEqual({
      code: 2,
      out: '',
      err: 'mlenv: vision is ambiguous:\n  /a/vision\n  /b/vision\n',
    });
  });

  it('takes a path or --all, not both', async () => {
    expect((await run(cli, 'status', '--all', '/srv/vision')).code).toBe(2);
  });
});

describe('mlenv status --watch', () => {
  beforeEach(() => {
    world.statuses = [statusList(item()), statusList(item()), statusList(item({ restarts: 1 }))];
    cli.onTick = (tick) => {
      if (tick === 5) cli.stop.abort();
    };
  });

  it('prints each change in a pipe, and ends well at Ctrl-C', async () => {
    const { code, out } = await run(cli, 'status', '--watch');
    expect(code).toBe(0);
    expect(out.match(/^NAME/gm)).toHaveLength(2);
    expect(cli.open).toBe(0);
  });

  it('prints one line of JSON a change', async () => {
    const { out } = await run(cli, 'status', '--watch', '-o', 'json');
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).items[0].restarts)).toEqual([0, 1]);
  });

  it('draws over itself on a terminal', async () => {
    cli.tty = true;
    cli.size = { columns: 40, rows: 5 };
    const { out } = await run(cli, 'status', '--watch');
    expect(out).toContain('\u001B[2A\r\u001B[J');
    // oxlint-disable-next-line no-control-regex
    const seen = out.replaceAll(/\u001B\[[0-9;]*[A-Za-z]|\r/g, '').split('\n');
    expect(Math.max(...seen.map((line) => line.length))).toBeLessThan(40);
  });
});
