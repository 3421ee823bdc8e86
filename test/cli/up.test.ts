import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import type { PlannedEnvironment } from '../../controller/model/api.ts';
import { fakeWorld, item, statusList } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

const planned = (changes: Partial<PlannedEnvironment> = {}): PlannedEnvironment => ({
  environment: 'notebook',
  inSync: false,
  steps: [{ kind: 'create', why: 'there is none' }],
  holds: [],
  changes: [],
  explanation: ['There is no container: it is created and started.'],
  needsApproval: false,
  wouldLose: null,
  ...changes,
});

const key = `${item().projectId}/notebook`;
const pulling = item({
  phase: 'Pulling',
  ready: false,
  settled: false,
  reason: 'ImagePulling',
  message: '43 %',
  startedAt: null,
});

let world: FakeWorld;
let cli: FakeCli;

beforeEach(() => {
  world = fakeWorld({
    plan: {
      project: 'vision',
      projectPath: '/srv/vision',
      diagnostics: [],
      environments: [planned(), planned({ environment: 'db', inSync: true, explanation: [] })],
    },
    result: { keys: [key], messages: [] },
    statuses: [
      statusList(pulling),
      statusList({ ...pulling, message: '77 %' }),
      statusList(item({ ready: false, settled: false, phase: 'Starting', reason: 'Starting' })),
      statusList(item(), item({ environment: 'other', reason: 'Failed' })),
    ],
  });
  cli = fakeCli(world);
});

describe('mlenv up', () => {
  it('shows the plan, how it goes on in plain lines, and how to reach it', async () => {
    expect(await run(cli, 'up')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "vision (/srv/vision)
        notebook:
          There is no container: it is created and started.
        db: nothing to do
      notebook  ImagePulling  43 %
      notebook  Starting  The container is being started, or its health check has not answered yet.
      notebook  Healthy  The container runs and its health check passes.
      Reach it here:
        notebook  127.0.0.1:8888 (8888 in the container)
      From your own machine:
        ssh -L 8888:127.0.0.1:8888 ada@gpu1
      ",
      }
    `);
    expect(cli.open).toBe(0);
    expect(cli.connections).toEqual([{ write: true, host: null, config: null }]);
    expect(world.asked.find(({ method }) => method === 'up')?.args).toEqual([
      { path: '/srv/vision', environment: null, approve: [], by: 'ada' },
    ]);
  });

  it('draws over its lines on a terminal', async () => {
    cli.tty = true;
    cli.env = { NO_COLOR: '1', SSH_CONNECTION: '10.0.0.9 5555 10.0.0.1 22' };
    const { out } = await run(cli, 'up');
    expect(out.replaceAll('\u001B', '<ESC>').replaceAll('\r', '<CR>')).toMatchInlineSnapshot(`
      "vision (/srv/vision)
        notebook:
          There is no container: it is created and started.
        db: nothing to do
      notebook  ImagePulling  43 %
      <ESC>[1A<CR><ESC>[Jnotebook  ImagePulling  77 %
      <ESC>[1A<CR><ESC>[Jnotebook  Starting  The container is being started, or its health check has not answered yet.
      <ESC>[1A<CR><ESC>[Jnotebook  Healthy  The container runs and its health check passes.
      Reach it here:
        notebook  127.0.0.1:8888 (8888 in the container)
      From your own machine:
        ssh -L 8888:127.0.0.1:8888 ada@10.0.0.1
      "
    `);
  });

  it('says that nothing watches, where no controller runs', async () => {
    cli.mode = 'process';
    const { out, code } = await run(cli, 'up');
    expect(code).toBe(0);
    expect(out).toContain('\nUnwatched: No controller runs: nothing repairs this until one does.');
    expect(cli.open).toBe(0);
  });

  it('returns at once with --no-wait, and says so where it cannot', async () => {
    const quick = await run(cli, 'up', '--no-wait');
    expect(quick.out).not.toContain('ImagePulling');
    cli.mode = 'process';
    const { out, code } = await run(cli, 'up', '--no-wait');
    expect(code).toBe(0);
    expect(out).toContain('so this command stays until each first step has been taken');
    expect(out).toContain('Unwatched');
  });

  it.each([
    ['QuotaExceeded', 'Pending', 4],
    ['GpuPoolFull', 'Pending', 4],
    ['GpuUnsuitable', 'Pending', 4],
    ['PortInUse', 'Pending', 4],
    ['BackOff', 'BackingOff', 1],
    ['ImagePullBackOff', 'Pending', 1],
    ['EngineUnavailable', 'Unknown', 125],
  ] as const)('gives up at the timeout: %s exits %3$d', async (reason, phase, code) => {
    world.statuses = [
      statusList(item({ reason, phase, ready: false, settled: false, message: 'why it is so' })),
    ];
    const ended = await run(cli, 'up', '--timeout', '3s');
    expect(ended.code).toBe(code);
    expect(ended.out).toContain('The time is up; mlenv status shows how it goes on.');
    expect(ended.out).toContain(`notebook: ${reason}: why it is so`);
  });

  it('fails when the job failed, and says what to do', async () => {
    world.statuses = [
      statusList(item({ phase: 'Failed', reason: 'Failed', ready: false, message: 'exit code 3' })),
    ];
    expect(await run(cli, 'up')).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        'notebook: Failed: exit code 3\n  mlenv logs notebook; mlenv restart notebook runs it again\n',
      ),
    });
  });

  it('is done when the job completed', async () => {
    world.statuses = [
      statusList(item({ phase: 'Completed', reason: 'Completed', ready: true, startedAt: null })),
    ];
    expect((await run(cli, 'up')).code).toBe(0);
  });

  it('prints the faults of the file and does nothing', async () => {
    world.plan = {
      ...world.plan,
      diagnostics: [
        {
          code: 'E_UNKNOWN_FIELD',
          file: 'mlenv.yaml',
          line: 4,
          column: 5,
          message: 'no such field "imgae"',
          hint: 'did you mean image?',
          excerpt: '    imgae: x',
          length: 5,
        },
      ],
    };
    expect(await run(cli, 'up')).toMatchInlineSnapshot(`
      {
        "code": 5,
        "err": "mlenv: the spec has faults

      mlenv.yaml:4:5 error E_UNKNOWN_FIELD: no such field "imgae"
        4 |     imgae: x
          |     ^^^^^
        did you mean image?
      ",
        "out": "",
      }
    `);
    expect(world.asked.map(({ method }) => method)).toEqual(['plan']);
  });

  it('waits until Ctrl-C and no longer', async () => {
    world.statuses = [statusList(pulling)];
    cli.onTick = (tick) => {
      if (tick === 3) cli.stop.abort();
    };
    const { code, out } = await run(cli, 'up');
    expect(code).toBe(1);
    expect(out).toContain('Interrupted; mlenv status shows how it goes on.');
    expect(cli.open).toBe(0);
  });

  it('refuses a timeout that is none', async () => {
    expect(await run(cli, 'up', '--timeout', 'soon')).toMatchObject({ code: 2 });
    expect(world.asked).toEqual([]);
  });
});

describe('changes to what runs', () => {
  beforeEach(() => {
    world.plan = {
      ...world.plan,
      environments: [
        planned({
          needsApproval: true,
          explanation: ['The image changed: the container is recreated.'],
          changes: [{ field: 'image', how: 'recreate', from: 'a:1', to: 'a:2' }],
          wouldLose: { total: 30, paths: ['/root/.bashrc', '/tmp/\u001B[31mred'] },
        }),
      ],
    };
    world.statuses = [statusList(item())];
  });

  const approved = (): unknown =>
    world.asked
      .filter(({ method }) => method === 'up')
      .map(({ args }) => (args[0] as { approve: unknown }).approve);

  it('are shown and let through in a pipe', async () => {
    expect((await run(cli, 'up')).out).toMatchInlineSnapshot(`
      "vision (/srv/vision)
        notebook:
          The image changed: the container is recreated.
          ~ image: a:1 -> a:2 (recreate)
          ! A recreate loses these of the container's own files: /root/.bashrc, /tmp/red, … (30 in all)
          ! It runs, so this waits for up or mlenv approve notebook
      notebook  Healthy  The container runs and its health check passes.
      Reach it here:
        notebook  127.0.0.1:8888 (8888 in the container)
      From your own machine:
        ssh -L 8888:127.0.0.1:8888 ada@gpu1
      "
    `);
    expect(approved()).toEqual([['notebook']]);
  });

  it.each([
    ['y\n', [['notebook']]],
    ['YES\n', [['notebook']]],
    ['n\n', [[]]],
    ['\n', [[]]],
    ['', [[]]],
  ])('are asked for on a terminal: %j', async (answer, expected) => {
    cli.tty = true;
    cli.input = [answer];
    const { out } = await run(cli, 'up');
    expect(out).toContain('Let this be done to what runs: notebook? [y/N] ');
    expect(approved()).toEqual(expected);
  });

  it('are not asked for with --yes', async () => {
    cli.tty = true;
    expect((await run(cli, 'up', '--yes')).out).not.toContain('[y/N]');
    expect(approved()).toEqual([['notebook']]);
  });

  it('exit 4 while they are left waiting', async () => {
    cli.tty = true;
    cli.input = ['n\n'];
    world.statuses = [statusList(item({ reason: 'UpdatePending' }))];
    expect((await run(cli, 'up')).code).toBe(4);
  });
});

describe('one environment alone', () => {
  it('is planned, approved and brought up', async () => {
    const { out } = await run(cli, 'up', '-e', 'db');
    expect(out).toContain('db: nothing to do');
    expect(out).not.toContain('notebook:');
    expect(world.asked.find(({ method }) => method === 'up')?.args).toEqual([
      { path: '/srv/vision', environment: 'db', approve: [], by: 'ada' },
    ]);
  });
});

it('says what is missing where nothing can be reached', async () => {
  cli.connectFault = new ApiError('prerequisite', 'no Docker Engine at \u001B[31m/var/run');
  expect(await run(cli, 'up')).toEqual({
    code: 3,
    out: '',
    err: 'mlenv: no Docker Engine at /var/run\n',
  });
});
