import { act } from '../act.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { observeText, type Observed } from '../observe-text.ts';
import { painter } from '../style.ts';
import { timeAgo } from '../span.ts';

export interface ObserveOptions {
  readonly output: 'text' | 'json';
}

/** Far enough back that a night and a weekend lie in it. */
const wasteSince = '7d';

export const run = async (
  context: Context,
  word: 'on' | 'off' | undefined,
  { output }: ObserveOptions,
): Promise<number> => {
  const { io } = context;
  if (word !== undefined) {
    return act(context, (api) => api.observe({ on: word === 'on', by: io.user }));
  }
  const since = await timeAgo('--since', wasteSince, io.clock.now());
  return withConnection(context, 'read', async ({ api }) => {
    const observed: Observed = {
      status: await api.status({ kind: 'all' }),
      gpus: await api.gpus(),
      waste: await api.report({ since, by: 'environment' }),
    };
    if (output === 'json') {
      const isObserving = observed.status.notices.some(({ reason }) => reason === 'Observing');
      sayJson(context, { apiVersion: 'mlenv/v1', observing: isObserving, ...observed });
    } else {
      say(
        context,
        observeText(observed, {
          nowMs: io.clock.now(),
          columns: io.stdout.size()?.columns ?? 80,
          paint: painter(io.env, io.stdout),
        }),
      );
    }
    return exitCode.done;
  });
};
