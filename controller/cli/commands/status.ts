import { resolve } from 'node:path';
import type { Api, Scope, StatusList } from '../../model/api.ts';
import { ApiError } from '../../model/api.ts';
import { say, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { sleep } from '../follow.ts';
import { liveBlock } from '../live.ts';
import type { Connection } from '../ports.ts';
import { statusText } from '../status-text.ts';
import { painter } from '../style.ts';
import { projectFolder } from '../target.ts';
import { unwatched } from '../unwatched.ts';

export interface StatusOptions {
  readonly all: boolean;
  readonly watch: boolean;
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
}

export const run = (
  context: Context,
  path: string | undefined,
  options: StatusOptions,
): Promise<number> => {
  if (options.all && path !== undefined)
    throw new ApiError('usage', 'status takes a path or --all, not both');
  const { cwd } = context.io;
  const scope: Scope = options.all
    ? { kind: 'all' }
    : { kind: 'path', path: path === undefined ? projectFolder(cwd, path) : resolve(cwd, path) };
  return withConnection(context, 'read', async ({ api, mode }) => {
    const print = printer(context, { ...options, mode });
    if (!options.watch) {
      say(context, await print(await api.status(scope)));
      return exitCode.done;
    }
    await watch(context, { api, scope, print, live: options.output === 'table' });
    return exitCode.done;
  });
};

type Print = (list: StatusList) => Promise<string>;

const printer = (
  { io }: Context,
  options: StatusOptions & { readonly mode: Connection['mode'] },
): Print => {
  const { output, watch: watching, all, mode } = options;
  switch (output) {
    case 'json':
      // Followed, one line a change, so that a program can tell them apart.
      return async (list) => JSON.stringify(list, null, watching ? 0 : 2);
    case 'yaml':
      return async (list) => {
        const { stringify } = await import('yaml');
        return `${watching ? '---\n' : ''}${stringify(list).trimEnd()}`;
      };
    case 'table':
    case 'wide':
      return async (list) =>
        statusText(list, {
          wide: output === 'wide',
          all,
          nowMs: io.clock.now(),
          paint: painter(io.env, io.stdout),
          note: mode === 'process' && list.items.length > 0 ? unwatched : null,
        });
    default:
      return output satisfies never;
  }
};

const watch = async (
  context: Context,
  options: {
    readonly api: Api;
    readonly scope: Scope;
    readonly print: Print;
    readonly live: boolean;
  },
): Promise<void> => {
  const { io } = context;
  const block = options.live && io.stdout.isTTY ? liveBlock(io.stdout) : null;
  let before = '';
  while (!io.signal.aborted) {
    const list = await options.api.status(options.scope);
    const text = await options.print(list);
    if (block !== null) block.draw(text.split('\n'));
    else {
      // Ages move by themselves and are no change.
      const state = JSON.stringify(list);
      if (state !== before) say(context, text);
      before = state;
    }
    await sleep(io.clock, pollMs, io.signal);
  }
};

const pollMs = 1000;
