import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { event, fakeWorld, item, statusList } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld();
  cli = fakeCli(world);
});

const here = { path: '/srv/vision', project: null, environment: 'notebook' };

describe('requests that a controller fulfils', () => {
  it.each(['restart', 'approve', 'suspend', 'resume'] as const)('mlenv %s', async (method) => {
    world.result = { keys: ['p1/notebook'], messages: ['it is noted'] };
    expect(await run(cli, method, 'notebook')).toEqual({ code: 0, out: 'it is noted\n', err: '' });
    expect(world.asked).toEqual([{ method, args: [{ ref: here, by: 'ada' }] }]);
    expect(cli.connections).toEqual([{ write: true, host: null, config: null }]);
  });

  it('mlenv confirm and reconcile', async () => {
    expect((await run(cli, 'confirm')).code).toBe(0);
    expect((await run(cli, 'reconcile')).code).toBe(0);
    expect((await run(cli, 'reconcile', 'nlp/train')).code).toBe(0);
    expect(world.asked).toEqual([
      { method: 'confirm', args: [{ user: null, by: 'ada' }] },
      { method: 'reconcile', args: [null] },
      { method: 'reconcile', args: [{ path: null, project: 'nlp', environment: 'train' }] },
    ]);
  });

  it('mlenv freeze and thaw', async () => {
    expect((await run(cli, 'freeze', '--reason', 'the disk is full')).code).toBe(0);
    expect((await run(cli, 'freeze')).code).toBe(0);
    expect((await run(cli, 'thaw')).code).toBe(0);
    expect(world.asked).toEqual([
      { method: 'freeze', args: [{ why: 'the disk is full', by: 'ada' }] },
      { method: 'freeze', args: [{ why: '', by: 'ada' }] },
      { method: 'thaw', args: [{ by: 'ada' }] },
    ]);
  });

  it('mlenv observe on and off', async () => {
    world.result = { keys: [], messages: ['MLEnv only observes from now on'] };
    expect(await run(cli, 'observe', 'on')).toMatchObject({
      code: 0,
      out: 'MLEnv only observes from now on\n',
    });
    expect((await run(cli, 'observe', 'off')).code).toBe(0);
    expect((await run(cli, 'observe', 'maybe')).code).toBe(2);
    expect(world.asked).toEqual([
      { method: 'observe', args: [{ on: true, by: 'ada' }] },
      { method: 'observe', args: [{ on: false, by: 'ada' }] },
    ]);
  });

  it('mlenv approve --all, which names nothing', async () => {
    expect((await run(cli, 'approve', '--all')).code).toBe(0);
    expect(world.asked).toEqual([{ method: 'approve', args: [{ ref: null, by: 'ada' }] }]);
    expect((await run(cli, 'approve')).code).toBe(2);
    expect((await run(cli, 'approve', 'notebook', '--all')).code).toBe(2);
  });

  it('are waited for where no controller runs', async () => {
    cli.mode = 'process';
    world.result = { keys: [`${item().projectId}/notebook`], messages: [] };
    world.statuses = [
      statusList(item({ settled: false, reason: 'Starting', phase: 'Starting', ready: false })),
      statusList(item()),
    ];
    const { code, out } = await run(cli, 'restart', 'notebook');
    expect(code).toBe(0);
    expect(out).toMatch(/Starting[^\n]*\n[^\n]*Healthy[^\n]*\nUnwatched: /);
    expect(cli.open).toBe(0);
  });

  it.each([
    ['usage', 2],
    ['not-found', 2],
    ['prerequisite', 3],
    ['refused', 4],
    ['invalid-spec', 5],
    ['engine', 125],
    ['internal', 1],
  ] as const)('exit by the kind of the fault: %s %d', async (kind, code) => {
    world.faults.restart = new ApiError(kind, 'for this reason');
    expect(await run(cli, 'restart', 'notebook')).toEqual({
      code,
      out: '',
      err: 'mlenv: for this reason\n',
    });
    expect(cli.open).toBe(0);
  });

  it('exit 1 on a fault of our own, with its trace where it is asked for', async () => {
    world.faults.restart = new TypeError('x is undefined');
    expect(await run(cli, 'restart', 'notebook')).toEqual({
      code: 1,
      out: '',
      err: 'mlenv: x is undefined\n',
    });
    cli.env = { MLENV_DEBUG: '1' };
    expect((await run(cli, 'restart', 'notebook')).err).toContain('TypeError: x is undefined\n');
  });
});

describe('mlenv down and rm', () => {
  beforeEach(() => {
    world.result = { keys: [`${item().projectId}/notebook`], messages: [] };
    world.statuses = [
      statusList(item()),
      statusList(item({ phase: 'Stopping', reason: 'Stopping', settled: false, ready: false })),
      statusList(item({ phase: 'Stopped', reason: 'HeldDown', ready: false })),
    ];
  });

  it('down waits until it is stopped', async () => {
    expect(await run(cli, 'down', '-e', 'notebook')).toMatchObject({ code: 0 });
    expect(world.statuses).toHaveLength(1);
    expect(world.asked[0]).toEqual({
      method: 'down',
      args: [{ path: '/srv/vision', environment: 'notebook', by: 'ada' }],
    });
  });

  it('down --no-wait does not', async () => {
    expect(await run(cli, 'down', '--no-wait')).toEqual({ code: 0, out: '', err: '' });
    expect(world.statuses).toHaveLength(3);
  });

  it('rm waits until it is gone, by word or by absence', async () => {
    world.statuses = [...world.statuses, statusList(item({ phase: 'Deleted', reason: 'Deleted' }))];
    expect((await run(cli, 'rm', '/srv/vision', '--volumes')).code).toBe(0);
    expect(world.asked[0]).toEqual({
      method: 'remove',
      args: [{ path: '/srv/vision', environment: null, by: 'ada', volumes: true }],
    });
    world.statuses = [statusList(item()), statusList()];
    expect((await run(cli, 'rm')).code).toBe(0);
    expect(world.asked.at(-2)).toMatchObject({ args: [{ kind: 'all' }] });
  });

  it('fail at the timeout, saying why', async () => {
    world.statuses = [
      statusList(
        item({ phase: 'Removing', reason: 'RemovalBlocked', settled: false, message: 'busy' }),
      ),
    ];
    const { code, out } = await run(cli, 'rm', '--timeout', '1s');
    expect(code).toBe(1);
    expect(out).toContain('The time is up');
    expect(out).toContain('notebook: RemovalBlocked: busy');
  });
});

describe('mlenv plan', () => {
  const environment = {
    environment: 'db',
    inSync: false,
    steps: [],
    holds: [],
    changes: [],
    explanation: ['There is no container: it is created.'],
    needsApproval: false,
    wouldLose: null,
  };

  it('exits 6 with --exit-code where there is something to do', async () => {
    world.plan = { ...world.plan, environments: [environment] };
    expect(await run(cli, 'plan')).toEqual({
      code: 0,
      out: 'vision (/srv/vision)\n  db:\n    There is no container: it is created.\n',
      err: '',
    });
    expect((await run(cli, 'plan', '--exit-code')).code).toBe(6);
    world.plan = { ...world.plan, environments: [{ ...environment, inSync: true }] };
    expect(await run(cli, 'plan', '--exit-code')).toMatchObject({
      code: 0,
      out: 'vision (/srv/vision)\n  db: nothing to do\n',
    });
    expect(cli.connections.every(({ write }) => !write)).toBe(true);
  });

  it('prints JSON, also of faults', async () => {
    const { out } = await run(cli, 'plan', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.plan });
    world.plan = {
      ...world.plan,
      diagnostics: [
        {
          code: 'E_TYPE',
          file: 'mlenv.yaml',
          line: 1,
          column: 1,
          message: 'm',
          hint: '',
          excerpt: '',
          length: 1,
        },
      ],
    };
    const faulty = await run(cli, 'plan', '-o', 'json');
    expect(faulty.code).toBe(5);
    expect(JSON.parse(faulty.out)).toMatchObject({ diagnostics: [{ code: 'E_TYPE' }] });
    expect(await run(cli, 'plan')).toMatchObject({ code: 5, out: '' });
  });
});

describe('mlenv describe', () => {
  it('prints facts, then what is behind them', async () => {
    world.description = {
      status: item({ reason: 'UpdatePending', message: 'image changed', restarts: 2 }),
      image: {
        reference: 'nvcr.io/nvidia/pytorch:24.05-py3',
        digest: 'sha256:abc',
        source: 'registry',
        generation: 3,
        at: '2024-12-31T23:00:00.000Z',
      },
      spec: { image: 'pytorch:24.05', command: ['jupyter', 'lab'] },
      mounts: ['/datasets/imagenet at /data (read-only)'],
      secrets: ['HF_TOKEN (file)', 'KEY (file, variable)'],
      cards: [
        { id: 'GPU-5fc7', index: 2, model: 'NVIDIA H100 80GB HBM3' },
        { id: 'MIG-1a', index: 4, model: 'NVIDIA A100' },
        { id: 'GPU-gone', index: null, model: null },
      ],
      changes: [{ field: 'image', how: 'recreate', from: 'a:1', to: 'a:2' }],
      explanation: ['It runs, so the change waits.'],
      wouldLose: { total: 1, paths: ['/root/.bashrc'] },
      holds: [{ kind: 'suspend', by: 'ada', at: '2025-01-01T00:00:00.000Z' }],
      checks: [
        {
          at: '2025-01-01T00:00:00.000Z',
          type: 'docker',
          status: 'unhealthy',
          failures: 3,
          responseMs: 12,
          message: 'curl: (7) connection refused',
        },
      ],
      events: [event()],
    };
    expect((await run(cli, 'describe', 'notebook')).out).toMatchInlineSnapshot(`
      "Name:       vision/notebook
      Path:       /srv/vision
      Phase:      Running
      Ready:      yes
      Reason:     UpdatePending: image changed
      To do:      mlenv approve notebook, or let it end
      Container:  mlenv-vision-notebook-0a1b2c3d (c0ffee000000)
      Image:      nvcr.io/nvidia/pytorch:24.05-py3
      Pinned:     nvcr.io/nvidia/pytorch:24.05-py3@sha256:abc (registry, generation 3)
      Ports:      8888:8888
      GPUs:       2 (NVIDIA H100 80GB HBM3), 4 (NVIDIA A100, MIG-1a), GPU-gone (not there)
      Mounts:     /datasets/imagenet at /data (read-only)
      Secrets:    HF_TOKEN (file), KEY (file, variable)
      Generation: 1 (seen: 1)
      Sync:       Synced
      Restarts:   2
      Started:    60s ago
      Spec:
        image: pytorch:24.05
        command:
          - jupyter
          - lab
      Conditions:
        TYPE    STATUS   REASON    AGE   MESSAGE
        Ready   True     Healthy   60s
      Holds:
        suspend by ada at 2025-01-01T00:00:00.000Z
      Drift:
        image: a:1 -> a:2 (recreate)
        A recreate loses these of the container's own files: /root/.bashrc
      Next:
        It runs, so the change waits.
      Health:
        LAST SEEN   BY       STATUS      FAILURES   TOOK    MESSAGE
        60s         docker   unhealthy   3          12 ms   curl: (7) connection refused
      Events:
        LAST SEEN   TYPE     REASON     OBJECT            MESSAGE
        30s         Normal   Starting   vision/notebook   The container was started.
      "
    `);
    const { out } = await run(cli, 'describe', 'notebook', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', ...world.description });
  });

  it('says what there is none of', async () => {
    expect((await run(cli, 'describe', 'notebook')).out).toContain(
      'Holds: none\nDrift: none\nNext: none\nHealth: none\nEvents: none\n',
    );
  });
});

describe('mlenv doctor, version and controller', () => {
  it('doctor prints each cure and exits 3 on a failure', async () => {
    cli.checks = [
      { name: 'engine', status: 'OK', message: 'Docker 27.1 answers', cure: '' },
      { name: 'live-restore', status: 'WARN', message: 'off', cure: 'turn it on' },
    ];
    expect(await run(cli, 'doctor')).toEqual({
      code: 0,
      out: 'OK    engine: Docker 27.1 answers\nWARN  live-restore: off\n      turn it on\n',
      err: '',
    });
    cli.checks.push({ name: 'disk', status: 'FAIL', message: 'full', cure: 'free some' });
    expect((await run(cli, 'doctor')).code).toBe(3);
    const { out } = await run(cli, 'doctor', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', checks: cli.checks });
  });

  it('version tells what there is, even where nothing answers', async () => {
    const { out } = await run(cli, 'version');
    expect(out).toContain('mlenv     0.1.0 (Node v');
    expect(out).toContain('instance  0.1.0 (controller, pid 4242, state in /var/mlenv/state)');
    expect(out).toContain('engine    27.1 on gpu1 (API 1.46)');
    cli.connectFault = new ApiError('prerequisite', 'no engine');
    expect(await run(cli, 'version', '-o', 'json')).toMatchObject({ code: 0 });
    expect((await run(cli, 'version')).out).toContain('instance  none: no engine\n');
    expect((await run(cli, '--version')).out).toBe('0.1.0\n');
  });

  it('controller gets absolute folders and the host', async () => {
    cli.env = { DOCKER_HOST: 'unix:///a.sock' };
    await run(cli, 'controller', '--watch', 'one', '/two');
    const loud = ['--log-level', 'debug', '--log-format', 'text'];
    await run(cli, '--host', 'unix:///b.sock', 'controller', '--observe', ...loud);
    expect(cli.controllers).toEqual([
      {
        watch: ['/srv/vision/one', '/two'],
        observe: false,
        host: 'unix:///a.sock',
        config: null,
        logLevel: 'info',
        logFormat: 'json',
      },
      {
        watch: [],
        observe: true,
        host: 'unix:///b.sock',
        config: null,
        logLevel: 'debug',
        logFormat: 'text',
      },
    ]);
    const bad = await run(cli, 'controller', '--watch', '/srv/{a,b}');
    expect(bad).toMatchObject({
      code: 2,
      err: expect.stringContaining('only * and **') as unknown,
    });
  });
});

describe('usage', () => {
  it.each([
    ['an unknown command', ['upp'], /unknown command 'upp'[\s\S]*up/],
    ['an unknown option', ['status', '--wach'], /--watch/],
    ['a missing argument', ['restart'], /missing required argument 'ENV'/],
    ['a format that there is not', ['plan', '-o', 'xml'], /Allowed choices are text, json/],
    ['nothing at all', [], /Usage: mlenv/],
  ])('%s exits 2 and helps', async (_name, argv, words) => {
    const { code, out, err } = await run(cli, ...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(words);
  });

  it('help names the exit codes and exits 0', async () => {
    const { code, out } = await run(cli, '--help');
    expect(code).toBe(0);
    expect(out).toContain('Exit codes:\n  0    done\n');
    expect(out).not.toContain('__complete');
  });
});
