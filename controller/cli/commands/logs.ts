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
  readonly raw?: boolean;
}

/**
 * Byte for byte in a pipe or with --raw; on a terminal without control sequences but those of colour. Ctrl-C ends it
 * well.
 */
export const run = (context: Context, name: string, options: LogsOptions): Promise<number> => {
  const { io } = context;
  const ref = environmentRef(io.cwd, name);
  const { follow } = options;
  const tail = tailOf(options.tail);
  const run = runOf(options);
  if (follow && run !== undefined)
    throw new ApiError('usage', '--follow goes with neither --previous nor --run');
  return withConnection(context, 'read', async ({ api }) => {
    const raw = options.raw === true;
    const write = {
      stdout: writer(io.stdout, raw),
      stderr: writer(io.stderr, raw),
    } satisfies Writers;
    const chunks = api.logs(
      ref,
      { follow, tail, ...(run === undefined ? {} : { run }) },
      io.signal,
    );
    try {
      for await (const { stream, data } of chunks) write[stream](data);
    } finally {
      // What it left in force, such as text that is not to be seen, ends with it.
      if (!raw && io.stdout.isTTY) io.stdout.write(plainColours);
    }
    return exitCode.done;
  });
};

const plainColours = '\u001B[0m';

type Writers = Record<LogChunk['stream'], (data: Uint8Array) => void>;

const writer = (output: CliOutput, raw: boolean): ((data: Uint8Array) => void) => {
  if (raw || !output.isTTY) return (data) => output.write(data);
  const text = new TextDecoder();
  const strip = createStripper({ keepsColours: true });
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
