import { sayJson, say, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { describeText } from '../describe-text.ts';
import { exitCode } from '../exit-codes.ts';
import { environmentRef } from '../target.ts';

export interface DescribeOptions {
  readonly output: 'text' | 'json';
}

export const run = async (
  context: Context,
  name: string,
  options: DescribeOptions,
): Promise<number> => {
  const ref = environmentRef(context.io.cwd, name);
  const described = await withConnection(context, 'read', ({ api }) => api.describe(ref));
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...described });
  else say(context, await describeText(described, context.io.clock.now()));
  return exitCode.done;
};
