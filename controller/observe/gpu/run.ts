import { type ChildProcess, spawn } from 'node:child_process';

/** How one call of the program ended. Text is whole: what was cut short is no `ended`. */
export type Ran =
  | {
      readonly kind: 'ended';
      /** null: a signal ended it. */
      readonly code: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unstartable'; readonly why: string }
  | { readonly kind: 'late'; readonly afterMs: number }
  /** One that was killed before is still there, so no other is started beside it. */
  | { readonly kind: 'stuck'; readonly pid: number }
  | { readonly kind: 'flood'; readonly limitBytes: number };

/** Ends with a value after `timeoutMs` milliseconds at the latest; never rejects. */
export type Run = (argv: readonly string[], timeoutMs: number) => Promise<Ran>;

export interface RunnerOptions {
  readonly program: string;
  readonly limitBytes?: number;
  /** Kills the process and what it started. Only a test puts something else here. */
  readonly kill?: (child: ChildProcess) => void;
}

/**
 * Starts the program without a shell. One that does not end by its deadline is killed and left behind:
 * in a stuck driver even SIGKILL does not end it, and until it ended no other is started.
 */
export const createRunner = (options: RunnerOptions): Run => {
  const left: Left = { child: null };
  return (argv, timeoutMs) => {
    const pid = left.child?.pid;
    return pid === undefined
      ? once({ ...options, argv, timeoutMs, left })
      : Promise.resolve({ kind: 'stuck', pid });
  };
};

interface Left {
  child: ChildProcess | null;
}

interface Once extends RunnerOptions {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly left: Left;
}

const defaultLimitBytes = 4 * 2 ** 20;

const once = ({ program, limitBytes = defaultLimitBytes, kill = killGroup, ...call }: Once) =>
  new Promise<Ran>((resolve) => {
    const child = start(program, call.argv);
    if ('kind' in child) {
      resolve(child);
      return;
    }
    const output = { stdout: '', stderr: '', bytes: 0 };
    const abandon = (ran: Ran): void => {
      clearTimeout(timer);
      if (child.exitCode === null && child.signalCode === null) {
        call.left.child = child;
        child.once('exit', () => {
          if (call.left.child === child) call.left.child = null;
        });
      }
      kill(child);
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve(ran);
    };
    const timer = setTimeout(() => {
      abandon({ kind: 'late', afterMs: call.timeoutMs });
    }, call.timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        output.bytes += Buffer.byteLength(chunk);
        if (output.bytes > limitBytes) abandon({ kind: 'flood', limitBytes });
        else output[name] += chunk;
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(notStarted(error));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ kind: 'ended', code, stdout: output.stdout, stderr: output.stderr });
    });
  });

/** Bad names make `spawn` throw, the rest comes as an event. */
const start = (program: string, argv: readonly string[]): ChildProcess | Ran => {
  try {
    return spawn(program, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a wrapper script's children die with it.
      detached: true,
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (error) {
    return notStarted(error instanceof Error ? error : new Error(String(error)));
  }
};

const notStarted = (error: NodeJS.ErrnoException): Ran =>
  error.code === 'ENOENT'
    ? { kind: 'missing' }
    : { kind: 'unstartable', why: error.code ?? error.message };

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
};
