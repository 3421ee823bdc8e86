import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failed, ok } from '../../controller/model/failure.ts';
import type { Session } from '../../controller/model/idle.ts';
import type { ExecSession } from '../../controller/model/ports.ts';
import { createInside } from '../../controller/monitor/inside.ts';
import { jupyterProbe, readJupyter } from '../../controller/monitor/jupyter.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const kernel = (state: string, at: string) => ({ execution_state: state, last_activity: at });
const at = Date.UTC(2026, 2, 1, 11, 30);
const text = '2026-03-01T11:30:00.000000Z';

describe('what Jupyter tells', () => {
  it.each([
    ['nothing', '', null],
    ['no kernel and no terminal', '[]\n[]\n', null],
    ['an idle one', JSON.stringify([kernel('idle', text)]), at],
    ['a busy one', JSON.stringify([kernel('busy', text), kernel('idle', text)]), at + 1],
    ['a terminal', `[]\n${JSON.stringify([{ name: '1', last_activity: text }])}`, at],
    ['nonsense', 'Traceback\n{"message":"Forbidden"}\n[null,7,{"last_activity":3}]', null],
  ])('%s', (_, output, expected) => {
    expect(readJupyter(output, at + 1)).toBe(expected);
  });
});

const session = (output: string, code = 0): ExecSession => ({
  output: (async function* () {
    yield { stream: 'stdout' as const, data: new TextEncoder().encode(output) };
  })(),
  write: () => {},
  endInput: () => {},
  resize: async () => {},
  exitCode: async () => ok(code),
  close: () => {},
});

describe('a look inside', () => {
  const clock = createSimulatedClock();
  const look = (
    sessions: readonly Session[],
    {
      exec = async () => ok(session('')),
      lastInputAt = () => null,
    }: Partial<Parameters<typeof createInside>[0]> = {},
  ) => createInside({ sessions: async () => ok(sessions), exec, lastInputAt, clock }).look('c1');
  const terminal: Session = { tty: true, interactive: true, pid: 42 };

  it('takes no health check for a person', async () => {
    expect(await look([{ tty: false, interactive: false, pid: 7 }])).toEqual([]);
  });

  it('an open terminal is used now, or when somebody last typed', async () => {
    expect(await look([terminal])).toEqual([{ by: 'session', at: clock.now() }]);
    expect(await look([terminal], { lastInputAt: (pid) => pid + 1 })).toEqual([
      { by: 'session', at: 43 },
    ]);
    // Nobody can say when something last came through a pipe.
    const pipe = { ...terminal, tty: false };
    expect(await look([pipe], { lastInputAt: () => 1 })).toEqual([
      { by: 'session', at: clock.now() },
    ]);
  });

  it('an image without Python, or a command that fails, tells of nothing', async () => {
    expect(await look([], { exec: async () => failed('terminal', 'no such program') })).toEqual([]);
    const idle = JSON.stringify([kernel('idle', text)]);
    expect(await look([], { exec: async () => ok(session(idle, 1)) })).toEqual([]);
    expect(await look([], { exec: async () => ok(session(idle)) })).toEqual([
      { by: 'jupyter', at },
    ]);
  });

  it('waits for no command that does not end', async () => {
    const ended = new Promise<void>(() => {});
    const hanging: ExecSession = {
      ...session(''),
      output: (async function* () {
        await ended;
        yield* [];
      })(),
    };
    const looked = look([], { exec: async () => ok(hanging) });
    await clock.advance(10_000);
    expect(await looked).toEqual([]);
  });
});

/** Where there is no Python the script itself cannot be run; what it prints is tried above. */
const hasPython = (() => {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

it.runIf(hasPython)(
  'the script finds servers by their files and shows them their tokens',
  async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.end(
        request.url === '/lab/api/kernels' ? JSON.stringify([kernel('idle', text)]) : '[]',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const home = mkdtempSync(join(tmpdir(), 'mlenv-jupyter-'));
    try {
      const runtime = join(home, '.local/share/jupyter/runtime');
      mkdirSync(runtime, { recursive: true });
      const { port } = server.address() as AddressInfo;
      writeFileSync(
        join(runtime, 'jpserver-1.json'),
        JSON.stringify({ port, base_url: '/lab/', token: 's3' }),
      );
      // One that has ended left its file behind.
      writeFileSync(
        join(runtime, 'jpserver-2.json'),
        JSON.stringify({ port: 1, base_url: '/', token: '' }),
      );
      const [program = '', ...args] = jupyterProbe;
      const { execFile } = await import('node:child_process');
      const output = await new Promise<string>((resolve, reject) => {
        execFile(
          program,
          args,
          { env: { HOME: home, PATH: process.env['PATH'] ?? '' } },
          (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
        );
      });
      expect(readJupyter(output, at + 1)).toBe(at);
      expect(asked.sort()).toEqual(['/lab/api/kernels token s3', '/lab/api/terminals token s3']);
    } finally {
      server.close();
      rmSync(home, { recursive: true });
    }
  },
);
