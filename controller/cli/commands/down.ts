import { exitCode } from '../exit-codes.ts';
import type { Context } from '../context.ts';
import { say, withConnection } from '../context.ts';
import { follow } from '../follow.ts';
import { outcomeText } from '../outcome.ts';
import { isStopped, isTaken } from '../taken.ts';
import { projectFolder } from '../target.ts';
import { timeoutMs } from '../timeout.ts';

export interface DownOptions {
  readonly environment?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export const run = async (
  context: Context,
  path: string | undefined,
  options: DownOptions,
): Promise<number> => {
  const limitMs = await timeoutMs(options.timeout);
  return withConnection(context, 'write', async ({ api, mode }) => {
    const { keys, messages } = await api.down({
      path: projectFolder(context.io.cwd, path),
      environment: options.environment ?? null,
      by: context.io.user,
    });
    for (const message of messages) say(context, message);
    if (!options.wait && mode === 'controller') return exitCode.done;
    const reached = options.wait ? isStopped : isTaken;
    const { items, end } = await follow(context, api, { keys, limitMs, reached });
    if (end === 'reached') return exitCode.done;
    for (const line of outcomeText(items, end)) say(context, line);
    return exitCode.failed;
  });
};
