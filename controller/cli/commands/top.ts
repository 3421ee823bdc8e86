import type { Api } from '../../model/api.ts';
import { ApiError } from '../../model/api.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { sleep } from '../follow.ts';
import type { CliIo } from '../io.ts';
import { liveBlock } from '../live.ts';
import { durationMs } from '../span.ts';
import { painter } from '../style.ts';
import { topSorted, topText, type TopSort } from '../top-text.ts';

export interface TopOptions {
  readonly sort: TopSort;
  readonly once: boolean;
  readonly lines?: string;
  readonly interval: string;
  readonly output: 'table' | 'json';
}

export const run = async (context: Context, options: TopOptions): Promise<number> => {
  const { io } = context;
  const asked = linesOf(options.lines);
  const intervalMs = await durationMs('--interval', options.interval, {
    leastMs: 100,
    example: '2s',
  });
  return withConnection(context, 'read', async ({ api }) => {
    if (options.output === 'json') {
      const report = await api.top();
      const items = topSorted(report.items, options.sort).slice(0, asked ?? undefined);
      sayJson(context, { apiVersion: 'mlenv/v1', ...report, items });
      return exitCode.done;
    }
    if (options.once || !io.stdout.isTTY) {
      say(context, await text(io, api, { sort: options.sort, lines: asked ?? Infinity }));
      return exitCode.done;
    }
    await live(io, api, { sort: options.sort, asked, intervalMs });
    return exitCode.done;
  });
};

/** null: not said. */
const linesOf = (lines: string | undefined): number | null => {
  if (lines === undefined) return null;
  if (/^[1-9]\d{0,5}$/.test(lines)) return Number(lines);
  throw new ApiError('usage', `-n ${lines} is not a number of environments, from 1`);
};

const text = async (
  io: CliIo,
  api: Api,
  options: { readonly sort: TopSort; readonly lines: number },
): Promise<string> =>
  topText(await api.top(), {
    ...options,
    nowMs: io.clock.now(),
    hostName: io.hostName,
    paint: painter(io.env, io.stdout),
  });

const live = async (
  io: CliIo,
  api: Api,
  {
    sort,
    asked,
    intervalMs,
  }: { readonly sort: TopSort; readonly asked: number | null; readonly intervalMs: number },
): Promise<void> => {
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  const raw = io.stdin.isTTY;
  if (raw) {
    io.stdin.setRawMode(true);
    void endOnKey(io, over);
  }
  const block = liveBlock(io.stdout);
  try {
    while (!signal.aborted) {
      // A block that is higher than the terminal could not be drawn over.
      const fitting = Math.max(1, (io.stdout.size()?.rows ?? 24) - besidesLines);
      const lines = Math.min(asked ?? Infinity, fitting);
      block.draw((await text(io, api, { sort, lines })).split('\n'));
      await sleep(io.clock, intervalMs, signal);
    }
  } finally {
    over.abort();
    if (raw) io.stdin.setRawMode(false);
  }
};

/** Head, heads of columns, how many more there are, and the cursor's own. */
const besidesLines = 6;

const endKeys = ['q', 'Q', '\u0003'];

/** In raw mode Ctrl-C is a key like any other. */
const endOnKey = async (io: CliIo, over: AbortController): Promise<void> => {
  const text = new TextDecoder();
  for await (const piece of io.stdin.read(over.signal)) {
    const typed = text.decode(piece, { stream: true });
    if (endKeys.some((key) => typed.includes(key))) return over.abort();
  }
};
