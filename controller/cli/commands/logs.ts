import { ApiError } from '../../model/api.ts';
import type { LogChunk } from '../../model/ports.ts';
import { createStripper } from '../../report/text.ts';
import { withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import type { CliOutput } from '../io.ts';
import { environmentRef } from '../target.ts';

export interface LogsOptions {
  readonly follow: boolean;
  readonly tail: string;
  readonly previous: boolean;
  readonly run?: string;
}

/** Byte for byte in a pipe; on a terminal without control sequences. Ctrl-C ends it well. */
export const run = (context: Context, name: string, options: LogsOptions): Promise<number> => {
  const { io } = context;
  const ref = environmentRef(io.cwd, name);
  const { follow } = options;
  const tail = tailOf(options.tail);
  const run = runOf(options);
  if (follow && run !== undefined)
    throw new ApiError('usage', '--follow goes with neither --previous nor --run');
  return withConnection(context, 'read', async ({ api }) => {
    const write = { stdout: writer(io.stdout), stderr: writer(io.stderr) } satisfies Writers;
    const chunks = api.logs(
      ref,
      { follow, tail, ...(run === undefined ? {} : { run }) },
      io.signal,
    );
    for await (const { stream, data } of chunks) write[stream](data);
    return exitCode.done;
  });
};

type Writers = Record<LogChunk['stream'], (data: Uint8Array) => void>;

const writer = (output: CliOutput): ((data: Uint8Array) => void) => {
  if (!output.isTTY) return (data) => output.write(data);
  const text = new TextDecoder();
  const strip = createStripper();
  return (data) => output.write(strip(text.decode(data, { stream: true })));
};

const runOf = ({ previous, run }: LogsOptions): number | 'previous' | undefined => {
  if (run === undefined) return previous ? 'previous' : undefined;
  if (previous) throw new ApiError('usage', '--previous and --run name two runs');
  if (!/^[1-9]\d{0,8}$/.test(run))
    throw new ApiError('usage', `--run ${run} is not the number of a run; mlenv runs lists them`);
  return Number(run);
};

const tailOf = (text: string): number | null => {
  if (text === 'all') return null;
  if (!/^\d{1,9}$/.test(text))
    throw new ApiError('usage', `--tail ${text} is not a number of lines`);
  return Number(text);
};
