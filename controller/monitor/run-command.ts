import type { Result } from '../model/failure.ts';
import type { Clock, EngineWriter, ExecSession } from '../model/ports.ts';

export type CommandEnd =
  | { readonly kind: 'ended'; readonly exitCode: number; readonly output: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** It still runs: a process that hangs in the kernel cannot be ended, so that nobody waits for it. */
  | { readonly kind: 'late'; readonly ended: Promise<unknown> };

/** Runs a command in a container as its own user, and hears of it by its deadline. */
export const runCommand = async (
  { exec, clock }: { readonly exec: EngineWriter['exec']; readonly clock: Clock },
  command: {
    readonly containerId: string;
    readonly argv: readonly string[];
    readonly timeoutMs: number;
  },
  signal: AbortSignal,
): Promise<CommandEnd> => {
  const { containerId, argv, timeoutMs } = command;
  const opened = await exec(containerId, {
    argv,
    tty: false,
    stdin: false,
    env: {},
    columns: null,
    rows: null,
  });
  if (!opened.ok) return { kind: 'failed', message: opened.failure.message };
  const session = opened.value;
  const close = (): void => session.close();
  signal.addEventListener('abort', close);
  const ending = read(session).finally(() => signal.removeEventListener('abort', close));
  let cancel = (): void => {};
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.setTimer(timeoutMs, () => resolve('late'));
  });
  const first = await Promise.race([ending, late]);
  cancel();
  if (first === 'late') return { kind: 'late', ended: ending };
  const { code, output } = first;
  return code.ok
    ? { kind: 'ended', exitCode: code.value, output }
    : { kind: 'failed', message: code.failure.message };
};

const read = async (
  session: ExecSession,
): Promise<{ readonly code: Result<number>; readonly output: string }> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const { data } of session.output) {
    // The rest is heard, so that the command does not wait for a reader, and forgotten.
    if (bytes < longestOutput) parts.push(data.subarray(0, longestOutput - bytes));
    bytes += data.length;
  }
  return { code: await session.exitCode(), output: Buffer.concat(parts).toString('utf8') };
};

const longestOutput = 16_384;
