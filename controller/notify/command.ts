import { spawn } from 'node:child_process';
import { failed, ok, type Result } from '../model/failure.ts';

export interface CommandRun {
  readonly argv: readonly string[];
  readonly body: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly path: string | undefined;
  readonly timeoutMs: number;
}

/** In a process group of its own, which is killed whole at the limit. What it prints is not kept. */
export const runCommand = (
  { argv, body, facts, path, timeoutMs }: CommandRun,
  signal: AbortSignal,
): Promise<Result<null>> =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    if (signal.aborted) return resolve(failed('retry', 'it was given up'));
    const child = spawn(program, args, {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {
        PATH: path ?? '/usr/local/bin:/usr/bin:/bin',
        ...Object.fromEntries(
          // A NUL would make it no environment.
          Object.entries(facts).map(([name, value]) => [
            `MLENV_${name}`,
            value.replaceAll('\0', ' '),
          ]),
        ),
      },
      cwd: '/',
    });
    const finish = (result: Result<null>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', give);
      resolve(result);
    };
    const end = (message: string): void => {
      kill(child.pid);
      finish(failed('retry', message));
    };
    const give = (): void => end('it was given up');
    const timer = setTimeout(() => end(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
    signal.addEventListener('abort', give, { once: true });
    // One that does not read its input is no fault of it.
    child.stdin.on('error', () => {});
    child.stdin.end(body);
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(failed('retry', `${program} cannot be started (${error.code ?? error.name})`)),
    );
    child.once('exit', (code, killedBy) => {
      // What it left running goes on: mail programs hand over in the background.
      finish(
        code === 0
          ? ok(null)
          : failed('retry', `it ended with ${code ?? killedBy ?? 'no exit code'}`),
      );
    });
  });

const kill = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
};
