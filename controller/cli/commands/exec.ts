import { ApiError } from '../../model/api.ts';
import type { ExecSession } from '../../model/ports.ts';
import { stripControls } from '../../report/text.ts';
import { note, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode, exitCodeOf } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { environmentRef } from '../target.ts';

export interface ExecCommandOptions {
  readonly tty?: true;
  readonly interactive?: true;
}

/** The command's own exit code; 125 where there is none. A wrong name is still usage (2). */
export const run = async (
  context: Context,
  name: string,
  argv: readonly string[],
  options: ExecCommandOptions,
): Promise<number> => {
  const { io } = context;
  const ref = environmentRef(io.cwd, name);
  const flagged = options.tty ?? options.interactive ?? false;
  const tty = flagged ? options.tty === true : io.stdin.isTTY && io.stdout.isTTY;
  const stdin = flagged ? options.interactive === true || io.stdin.isTTY : true;
  const size = tty ? io.stdout.size() : null;
  try {
    return await withConnection(context, 'read', async ({ api }) => {
      const session = await api.exec(ref, {
        argv,
        tty,
        stdin,
        env: tty && io.env['TERM'] !== undefined ? { TERM: io.env['TERM'] } : {},
        columns: size?.columns ?? null,
        rows: size?.rows ?? null,
      });
      return await attach(context, session, { tty, stdin });
    });
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const code = exitCodeOf(thrown.code);
    if (code === exitCode.usage) throw thrown;
    note(context, `mlenv: ${stripControls(thrown.message)}`);
    return exitCode.engine;
  }
};

const attach = async (
  context: Context,
  session: ExecSession,
  { tty, stdin }: { readonly tty: boolean; readonly stdin: boolean },
): Promise<number> => {
  const { io } = context;
  const over = new AbortController();
  const raw = tty && stdin && io.stdin.isTTY;
  const stopResize = tty ? followSize(io, session) : null;
  const close = (): void => session.close();
  io.signal.addEventListener('abort', close);
  if (raw) io.stdin.setRawMode(true);
  try {
    const fed = stdin ? feed(io, session, over.signal) : null;
    for await (const { stream, data } of session.output) io[stream].write(data);
    over.abort();
    await fed;
    if (io.signal.aborted) return interrupted;
    const result = await session.exitCode();
    if (result.ok) return result.value;
    note(context, `mlenv: ${stripControls(result.failure.message)}`);
    return exitCode.engine;
  } finally {
    over.abort();
    if (raw) io.stdin.setRawMode(false);
    stopResize?.();
    io.signal.removeEventListener('abort', close);
    session.close();
  }
};

const feed = async (io: CliIo, session: ExecSession, over: AbortSignal): Promise<void> => {
  for await (const piece of io.stdin.read(over)) session.write(piece);
  if (!over.aborted) session.endInput();
};

const followSize = (io: CliIo, session: ExecSession): (() => void) =>
  io.stdout.onResize(() => {
    const size = io.stdout.size();
    // A size that is not taken in is no reason to end the command.
    if (size !== null) session.resize(size.columns, size.rows).catch(() => undefined);
  });

/** As a shell has it for a command that SIGINT ended. */
const interrupted = 130;
