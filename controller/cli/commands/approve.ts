import { ApiError } from '../../model/api.ts';
import { act, actOnEnvironment } from '../act.ts';
import type { Context } from '../context.ts';

export interface ApproveOptions {
  readonly all: boolean;
}

export const run = async (
  context: Context,
  name: string | undefined,
  { all }: ApproveOptions,
): Promise<number> => {
  if (name === undefined ? !all : all)
    throw new ApiError('usage', 'approve takes the name of one environment, or --all');
  return name === undefined
    ? act(context, (api) => api.approve({ ref: null, by: context.io.user }))
    : actOnEnvironment(context, name, (api, request) => api.approve(request));
};
