import { say, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { outcomeText } from '../outcome.ts';
import { isGone } from '../taken.ts';
import { projectFolder } from '../target.ts';
import { timeoutMs } from '../timeout.ts';

export interface RmOptions {
  readonly environment?: string;
  readonly volumes: boolean;
  readonly timeout: string;
}

export const run = async (
  context: Context,
  path: string | undefined,
  options: RmOptions,
): Promise<number> => {
  const limitMs = await timeoutMs(options.timeout);
  return withConnection(context, 'write', async ({ api }) => {
    const { keys, messages } = await api.remove({
      path: projectFolder(context.io.cwd, path),
      environment: options.environment ?? null,
      volumes: options.volumes,
      by: context.io.user,
    });
    for (const message of messages) say(context, message);
    const { items, end } = await follow(context, api, { keys, limitMs, reached: isGone });
    if (end === 'reached') return exitCode.done;
    for (const line of outcomeText(items, end)) say(context, line);
    return exitCode.failed;
  });
};
