import { spawn } from 'node:child_process';
import type { RegistryResult } from '../model/registry.ts';
import type { Credential } from './docker-config.ts';
import { fault, ok } from './fault.ts';
import { isJson, parseJson, text } from './shape.ts';

export interface HelperQuestion {
  /** `pass` of `docker-credential-pass`. */
  readonly helper: string;
  /** As `docker login` named it. */
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

/** The server on its standard input, the answer on its output; a secret is in no argument and in no message. */
export const askHelper = async (
  question: HelperQuestion,
  signal: AbortSignal,
): Promise<RegistryResult<Credential | null>> => {
  const run = await runHelper({ ...question, verb: 'get', input: question.server }, signal);
  if (!run.ok) return run;
  const { program, code, output } = run.value;
  if (code !== 0) {
    // By its protocol the only way to say that there is none.
    if (/credentials not found/i.test(output)) return ok(null);
    return failedWith(program, code, question.server);
  }
  const parsed = parseJson(output);
  if (!isJson(parsed)) return trouble(`${program} answered with no JSON object`);
  const user = text(parsed['Username']);
  const secret = text(parsed['Secret']);
  if (secret === '') return ok(null);
  return ok(
    user === '<token>'
      ? { kind: 'identity', user, token: secret }
      : { kind: 'password', user, secret },
  );
};

/** The name of the helper that keeps it now. */
export const tellHelper = async (
  question: HelperQuestion & { readonly user: string; readonly secret: string },
  signal: AbortSignal,
): Promise<RegistryResult<string>> => {
  const { server, user, secret } = question;
  const input = JSON.stringify({ ServerURL: server, Username: user, Secret: secret });
  const run = await runHelper({ ...question, verb: 'store', input }, signal);
  if (!run.ok) return run;
  const { program, code } = run.value;
  return code === 0 ? ok(program) : failedWith(program, code, server);
};

/** The name of the helper that has forgotten it; null: it had none. */
export const makeHelperForget = async (
  question: HelperQuestion,
  signal: AbortSignal,
): Promise<RegistryResult<string | null>> => {
  const known = await askHelper(question, signal);
  if (!known.ok || known.value === null) return known.ok ? ok(null) : known;
  const run = await runHelper({ ...question, verb: 'erase', input: question.server }, signal);
  if (!run.ok) return run;
  const { program, code } = run.value;
  return code === 0 ? ok(program) : failedWith(program, code, question.server);
};

const failedWith = (program: string, code: number, server: string): ReturnType<typeof fault> =>
  trouble(`${program} ended with ${code} when asked for ${server}: try it by hand`);

const runHelper = async (
  question: HelperQuestion & Pick<HelperCall, 'verb' | 'input'>,
  signal: AbortSignal,
): Promise<
  RegistryResult<{ readonly program: string; readonly code: number; readonly output: string }>
> => {
  const { helper } = question;
  const program = `docker-credential-${helper}`;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(helper)) return trouble(`"${helper}" is no name of a helper`);
  const run = await spawnHelper({ ...question, program }, signal);
  return run.kind === 'failed' ? trouble(`${program} ${run.why}`) : ok({ ...run, program });
};

interface HelperCall extends HelperQuestion {
  readonly program: string;
  readonly verb: 'get' | 'store' | 'erase';
  readonly input: string;
}

type HelperRun =
  | { readonly kind: 'ended'; readonly code: number; readonly output: string }
  | { readonly kind: 'failed'; readonly why: string };

const largestBytes = 1 << 16;

/** In a process group of its own, which is killed whole at the limit. */
const spawnHelper = (
  { program, verb, input, env, timeoutMs }: HelperCall,
  signal: AbortSignal,
): Promise<HelperRun> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'failed', why: 'was given up' });
    const child = spawn(program, [verb], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env,
      cwd: '/',
    });
    let output = '';
    const finish = (run: HelperRun): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', give);
      resolve(run);
    };
    const end = (why: string): void => {
      kill(child.pid);
      finish({ kind: 'failed', why });
    };
    const give = (): void => end('was given up');
    const timer = setTimeout(() => end(`did not answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal.addEventListener('abort', give, { once: true });
    // One that does not read its input is told nothing, and says so itself.
    child.stdin.on('error', () => {});
    child.stdin.end(`${input}\n`);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => {
      output += part;
      if (output.length > largestBytes) end(`answered with more than ${largestBytes} bytes`);
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish({
        kind: 'failed',
        why:
          error.code === 'ENOENT'
            ? "is named in Docker's configuration and is not on the PATH"
            : `cannot be started (${error.code ?? error.name})`,
      }),
    );
    child.once('close', (code) => finish({ kind: 'ended', code: code ?? 1, output }));
  });

const kill = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
};

const trouble = (message: string): ReturnType<typeof fault> =>
  fault({ code: 'CredentialTrouble', message });
