import { spawn } from 'node:child_process';
import { failed, ok, type Result } from '../model/failure.ts';
import type { Owner } from '../model/record.ts';
import { failureText } from './words.ts';

export interface GitRun {
  /** Before the command's own arguments: `--git-dir` and the like. */
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Of its output. */
  readonly maxOutputBytes?: number;
  readonly input?: string;
  /** Which protocols it may speak; none where it only reads what is here. */
  readonly protocols?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where another's repository is read, as they are: root alone can be somebody else. */
  readonly as?: Owner;
  /** Asked now and then while it runs; a text ends it, and is its failure. */
  readonly watch?: () => Promise<string | null>;
}

/** Never rejects. At most `limit` processes run at once; others wait for their turn. */
export type Git = (run: GitRun, signal?: AbortSignal) => Promise<Result<Buffer>>;

export interface GitOptions {
  readonly program?: string;
  /** A folder without a configuration of git's, as HOME. */
  readonly home: string;
  /** Processes at once. */
  readonly limit?: number;
  /** From which the search path and proxies are taken, and nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The only place that starts git: without hooks, filters, helpers, prompts and the configuration of anybody. */
export const createGit = (options: GitOptions): Git => {
  const { limit = 8 } = options;
  const waiting: (() => void)[] = [];
  let running = 0;
  const turn = async (): Promise<void> => {
    if (running < limit) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (run, signal) => {
    await turn();
    try {
      return signal?.aborted === true
        ? failed('retry', 'it was given up')
        : await once(options, run, signal);
    } finally {
      release();
    }
  };
};

/** What a repository or its server could otherwise make git do on our behalf. */
const hardened: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.fsmonitor=false',
  'core.symlinks=false',
  'core.askPass=',
  'credential.helper=',
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'fetch.fsckObjects=true',
  'transfer.fsckObjects=true',
  // One file that grows, whose size can be watched.
  'transfer.unpackLimit=1',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  'protocol.allow=never',
];

const once = (
  { program = 'git', home, env }: GitOptions,
  run: GitRun,
  signal: AbortSignal | undefined,
): Promise<Result<Buffer>> =>
  new Promise((resolve) => {
    const { args, timeoutMs, maxOutputBytes = 16 * 2 ** 20, protocols = [], watch } = run;
    const config = [...hardened, ...protocols.map((name) => `protocol.${name}.allow=always`)];
    const child = spawn(program, [...config.flatMap((one) => ['-c', one]), ...args], {
      // A group of its own: git starts helpers, which end with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...passedOn(env), ...fixed, HOME: home, ...run.env },
      ...(run.as === undefined || process.getuid?.() !== 0 ? {} : run.as),
      // One that the other user may enter, wherever this process stands.
      cwd: '/',
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    let said = '';
    let over = false;
    const finish = (result: Result<Buffer>): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      clearInterval(watching);
      signal?.removeEventListener('abort', give);
      resolve(result);
    };
    const end = (message: string): void => {
      kill(child.pid);
      finish(failed('retry', message));
    };
    const give = (): void => end('it was given up');
    signal?.addEventListener('abort', give, { once: true });
    const timer = setTimeout(() => {
      end(`git did not end within ${Math.round(timeoutMs / 1000)} s`);
    }, timeoutMs);
    const watching = setInterval(() => {
      void watch?.().then((message) => message !== null && !over && end(message));
    }, watchEveryMs);
    if (watch === undefined) clearInterval(watching);
    child.stdin.on('error', () => {});
    child.stdin.end(run.input ?? '');
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) end(`git answered more than ${maxOutputBytes} bytes`);
      else parts.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      // Its first error stands before all that follows from it.
      if (said.length < maxSaid) said += chunk;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      finish(
        error.code === 'ENOENT'
          ? failed('terminal', 'git is not installed: apt-get install git')
          : failed('retry', `git could not be started: ${error.message}`),
      );
    });
    child.once('close', (code) => {
      finish(code === 0 ? ok(Buffer.concat(parts)) : failed('retry', failureText(said, code)));
    });
  });

const watchEveryMs = 200;
const maxSaid = 65_536;

const fixed: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
};

const passedOn = (env: GitOptions['env']): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY', 'SSL_CERT_FILE'].flatMap(
      (name) => {
        const value = env[name];
        return value === undefined ? [] : [[name, value] as const];
      },
    ),
  );

const kill = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
};
