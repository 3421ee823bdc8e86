import type { ActionResult, Api, EnvironmentRequest } from '../model/api.ts';
import { say, withConnection } from './context.ts';
import type { Context } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { follow } from './follow.ts';
import { outcomeText } from './outcome.ts';
import { environmentRef } from './target.ts';
import { unwatched } from './unwatched.ts';

/**
 * One request that a controller fulfils by itself. Where none runs, this process does, so it stays
 * until it is settled.
 */
export const act = (
  context: Context,
  perform: (api: Api) => Promise<ActionResult>,
): Promise<number> =>
  withConnection(context, 'write', async ({ api, mode }) => {
    const { keys, messages } = await perform(api);
    for (const message of messages) say(context, message);
    if (mode === 'controller' || keys.length === 0) return exitCode.done;
    const { items, end } = await follow(context, api, {
      keys,
      limitMs,
      reached: ({ settled }) => settled,
    });
    for (const line of outcomeText(items, end)) say(context, line);
    say(context, unwatched);
    return end === 'reached' ? exitCode.done : exitCode.failed;
  });

const limitMs = 10 * 60_000;

export const actOnEnvironment = (
  context: Context,
  name: string,
  perform: (api: Api, request: EnvironmentRequest) => Promise<ActionResult>,
): Promise<number> => {
  const ref = environmentRef(context.io.cwd, name);
  return act(context, (api) => perform(api, { ref, by: context.io.user }));
};
