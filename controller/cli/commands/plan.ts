import { ApiError } from '../../model/api.ts';
import { say, sayJson, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { planText } from '../plan-text.ts';
import { painter } from '../style.ts';
import { projectFolder } from '../target.ts';

export interface PlanOptions {
  readonly output: 'text' | 'json';
  readonly exitCode: boolean;
}

export const run = async (
  context: Context,
  path: string | undefined,
  options: PlanOptions,
): Promise<number> => {
  const folder = projectFolder(context.io.cwd, path);
  const plan = await withConnection(context, 'read', ({ api }) => api.plan(folder));
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...plan });
  if (plan.diagnostics.length > 0) {
    if (options.output === 'json') return exitCode.invalidSpec;
    throw new ApiError('invalid-spec', 'the spec has faults', plan.diagnostics);
  }
  if (options.output === 'text')
    say(context, planText(plan, painter(context.io.env, context.io.stdout)));
  const changes = plan.environments.some(({ inSync }) => !inSync);
  return options.exitCode && changes ? exitCode.changes : exitCode.done;
};
