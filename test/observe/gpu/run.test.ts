import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRunner } from '../../../controller/observe/gpu/run.ts';
import { until } from '../../support/until.ts';

/** One that ended and was not yet collected by its parent does not run. */
const isRunning = (pid: number): boolean => {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  return state.trim() !== '' && !state.trim().startsWith('Z');
};

describe('a call of a program', () => {
  it('ends with both streams and the exit code', async () => {
    const run = createRunner({ program: 'sh' });
    expect(await run(['-c', 'echo out; echo err >&2; exit 3'], 30_000)).toEqual({
      kind: 'ended',
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('has its arguments as they are, with no shell between', async () => {
    const run = createRunner({ program: 'echo' });
    expect(await run(['$HOME; false'], 30_000)).toMatchObject({ stdout: '$HOME; false\n' });
  });

  it('that ignores SIGTERM is killed with its children at the deadline', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlenv-run-'));
    const file = join(folder, 'pid');
    const run = createRunner({ program: 'sh' });
    const script = `trap '' TERM; sleep 600 & echo $! > "$0"; wait`;
    expect(await run(['-c', script, file], 1000)).toEqual({ kind: 'late', afterMs: 1000 });
    const child = Number(readFileSync(file, 'utf8'));
    expect(child).toBeGreaterThan(1);
    await until('the child is gone', () => !isRunning(child));
    await until('another may start', async () => (await run(['-c', ':'], 30_000)).kind === 'ended');
    rmSync(folder, { recursive: true });
  });

  it('that cannot be killed is not waited for, and no other is started beside it', async () => {
    const pids: number[] = [];
    const run = createRunner({
      program: 'sleep',
      kill: ({ pid }) => {
        if (pid !== undefined) pids.push(pid);
      },
    });
    expect((await run(['600'], 100)).kind).toBe('late');
    const [pid = 0] = pids;
    expect(await run(['0'], 30_000)).toEqual({ kind: 'stuck', pid });
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await until('it may run again', async () => (await run(['0'], 30_000)).kind === 'ended');
  });

  it('is stopped when it writes without end', async () => {
    const run = createRunner({ program: 'yes', limitBytes: 1000 });
    expect(await run([], 30_000)).toEqual({ kind: 'flood', limitBytes: 1000 });
  });

  it('of a program that is not there, or a name that cannot be one, ends with a value', async () => {
    expect(await createRunner({ program: '/nowhere/smi' })([], 1000)).toEqual({ kind: 'missing' });
    expect((await createRunner({ program: 'a\0b' })([], 1000)).kind).toBe('unstartable');
  });
});
