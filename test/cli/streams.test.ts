import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import { event, fakeWorld } from '../support/api-fake.ts';
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

describe('mlenv logs', () => {
  beforeEach(() => {
    const text = new TextEncoder();
    world.logs = [
      { stream: 'stdout', data: text.encode('\u001B[3') },
      { stream: 'stderr', data: text.encode('warned\n') },
      { stream: 'stdout', data: text.encode('1mred\u001B[0m\n') },
    ];
  });

  it('are byte for byte in a pipe, each stream by itself', async () => {
    expect(await run(cli, 'logs', 'notebook')).toEqual({
      code: 0,
      out: '\u001B[31mred\u001B[0m\n',
      err: 'warned\n',
    });
    expect(world.asked).toEqual([{ method: 'logs', args: [here, { follow: false, tail: null }] }]);
  });

  it('keep colours on a terminal and no other control sequence, and leave none in force', async () => {
    cli.tty = true;
    world.logs = [
      { stream: 'stdout', data: Buffer.from('\u001B]0;owned\u0007\u001B[31mred\u001B[2J\n') },
    ];
    expect(await run(cli, 'logs', 'notebook')).toMatchObject({
      code: 0,
      out: '\u001B[31mred\n\u001B[0m',
    });
    expect(await run(cli, 'logs', '--raw', 'notebook')).toMatchObject({
      out: '\u001B]0;owned\u0007\u001B[31mred\u001B[2J\n',
    });
  });

  it('go on until Ctrl-C with -f, which is a good end', async () => {
    setTimeout(() => cli.stop.abort(), 10);
    expect(await run(cli, 'logs', '-f', 'nlp/train', '--tail', '5')).toMatchObject({ code: 0 });
    expect(world.asked).toEqual([
      {
        method: 'logs',
        args: [
          { path: null, project: 'nlp', environment: 'train' },
          { follow: true, tail: 5 },
        ],
      },
    ]);
    expect(cli.open).toBe(0);
  });

  it('are those of an earlier run where it is named', async () => {
    await run(cli, 'logs', 'notebook', '--previous', '--tail', '5');
    await run(cli, 'logs', 'notebook', '--run', '12');
    expect(world.asked.map(({ args }) => args[1])).toEqual([
      { follow: false, tail: 5, run: 'previous' },
      { follow: false, tail: null, run: 12 },
    ]);
  });

  it.each([
    ['--tail', 'some'],
    ['--tail', '-1'],
    ['--run', '0'],
    ['--run', 'last'],
    ['--run', '1', '--previous'],
    ['-f', '--previous'],
  ])('refuse %s %s %s', async (...argv) => {
    expect((await run(cli, 'logs', 'notebook', ...argv)).code).toBe(2);
  });

  it.each(['a/b/c', '/x', 'x/'])('refuse the name %s', async (name) => {
    expect((await run(cli, 'logs', name)).code).toBe(2);
  });
});

describe('mlenv events', () => {
  beforeEach(() => {
    world.events = [
      event(),
      event({
        id: 2,
        count: 4,
        type: 'Warning',
        reason: 'BackOff',
        message: 'ended\u001B[2J with 1',
        at: '2025-01-01T00:00:50.000Z',
      }),
      event({ id: 3, project: null, environment: null, reason: 'EngineUnavailable' }),
    ];
  });

  it('print a table', async () => {
    expect((await run(cli, 'events')).out).toMatchInlineSnapshot(`
      "LAST SEEN           TYPE      REASON              OBJECT            MESSAGE
      30s                 Normal    Starting            vision/notebook   The container was started.
      10s (x4 over 30s)   Warning   BackOff             vision/notebook   ended with 1
      30s                 Normal    EngineUnavailable   -                 The container was started.
      "
    `);
  });

  it('print JSON', async () => {
    const { out } = await run(cli, 'events', 'notebook', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ apiVersion: 'mlenv/v1', items: world.events });
    expect(world.asked[0]?.args).toEqual([{ ref: here, follow: false, limit: 100 }]);
  });

  it('follow in plain lines', async () => {
    setTimeout(() => cli.stop.abort(), 10);
    expect((await run(cli, 'events', '-f')).out).toMatchInlineSnapshot(`
      "2025-01-01T00:00:30.000Z  Normal   Starting            vision/notebook  The container was started.
      2025-01-01T00:00:50.000Z  Warning  BackOff             vision/notebook  ended with 1
      2025-01-01T00:00:30.000Z  Normal   EngineUnavailable   -  The container was started.
      "
    `);
  });

  it('follow in lines of JSON', async () => {
    setTimeout(() => cli.stop.abort(), 10);
    const { out } = await run(cli, 'events', '-f', '-o', 'json');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(world.events);
  });

  it('say so where there are none', async () => {
    world.events = [];
    expect((await run(cli, 'events')).out).toBe('No events.\n');
  });
});

describe('mlenv exec', () => {
  it('pipes input and output, and passes the code on', async () => {
    cli.input = ['hello ', 'world'];
    expect(await run(cli, 'exec', 'notebook', '--', 'cat', '-n', '--', '-x')).toEqual({
      code: 0,
      out: 'hello world',
      err: 'ERR',
    });
    expect(world.asked[0]).toEqual({
      method: 'exec',
      args: [
        here,
        {
          argv: ['cat', '-n', '--', '-x'],
          tty: false,
          stdin: true,
          env: {},
          columns: null,
          rows: null,
        },
      ],
    });
    expect(cli.rawModes).toEqual([]);
    expect((await run(cli, 'exec', 'notebook', '--', 'exit', '42')).code).toBe(42);
  });

  it('takes over the terminal, follows its size, and gives it back', async () => {
    cli.tty = true;
    cli.env = { TERM: 'xterm-256color' };
    cli.inputStaysOpen = true;
    setTimeout(() => {
      cli.size = { columns: 120, rows: 50 };
      cli.resize();
      setTimeout(() => cli.stop.abort(), 5);
    }, 5);
    const { code, out } = await run(cli, 'exec', 'notebook', '--', 'bash');
    expect(out).toBe('[120x50]');
    expect(code).toBe(130);
    expect(cli.rawModes).toEqual([true, false]);
    expect(world.sessions).toEqual([
      {
        closed: true,
        options: {
          argv: ['bash'],
          tty: true,
          stdin: true,
          env: { TERM: 'xterm-256color' },
          columns: 100,
          rows: 30,
        },
      },
    ]);
  });

  it('does not wait for input once the command has ended', async () => {
    cli.tty = true;
    cli.inputStaysOpen = true;
    expect((await run(cli, 'exec', 'notebook', '--', 'exit', '3')).code).toBe(3);
    expect(cli.rawModes).toEqual([true, false]);
  });

  it.each([
    ['-t', { tty: true, stdin: false }],
    ['-i', { tty: false, stdin: true }],
    ['-ti', { tty: true, stdin: true }],
  ])('does as %s says', async (flags, expected) => {
    await run(cli, 'exec', flags, 'notebook', '--', 'exit', '0');
    expect(world.sessions[0]?.options).toMatchObject(expected);
  });

  it.each([
    [new ApiError('engine', 'no such container'), 125],
    [new ApiError('prerequisite', 'no engine'), 125],
    [new ApiError('usage', 'ambiguous'), 2],
    [new ApiError('not-found', 'no such environment'), 2],
  ])('%s exits %d', async (fault, code) => {
    world.faults.exec = fault;
    const ended = await run(cli, 'exec', 'notebook', '--', 'ls');
    expect(ended).toEqual({ code, out: '', err: `mlenv: ${fault.message}\n` });
  });

  it('exits 125 when the connection is lost', async () => {
    expect(await run(cli, 'exec', 'notebook', '--', 'lost')).toMatchObject({
      code: 125,
      err: 'mlenv: the engine went away\n',
    });
  });

  it('needs a command', async () => {
    expect((await run(cli, 'exec', 'notebook')).code).toBe(2);
  });
});
