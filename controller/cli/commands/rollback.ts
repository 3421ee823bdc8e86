import { ApiError } from '../../model/api.ts';
import { act } from '../act.ts';
import type { Context } from '../context.ts';
import { projectScope } from './history.ts';

export interface RollbackOptions {
  readonly resume: boolean;
}

export const run = async (
  context: Context,
  names: { readonly project: string; readonly revision: string | undefined },
  { resume }: RollbackOptions,
): Promise<number> => {
  const revision = names.revision ?? null;
  if (resume && revision !== null)
    throw new ApiError('usage', 'rollback takes a commit or --resume, not both');
  const scope = projectScope(context.io.cwd, names.project);
  return act(context, (api) => api.rollback({ scope, revision, resume, by: context.io.user }));
};
