import { ApiError } from '../../model/api.ts';
import { actOnEnvironment } from '../act.ts';
import type { Context } from '../context.ts';

export interface KeepOptions {
  readonly for: string;
}

export const run = async (
  context: Context,
  name: string,
  { for: text }: KeepOptions,
): Promise<number> => {
  const { parseDuration } = await import('../../../specs/units.ts');
  const forMs = parseDuration(text);
  if (forMs === null || forMs === 0) {
    throw new ApiError('usage', `--for ${text} is not a duration such as 8h`);
  }
  return actOnEnvironment(context, name, (api, request) => api.keep({ ...request, forMs }));
};
