import { act } from '../act.ts';
import type { Context } from '../context.ts';

export const run = (context: Context): Promise<number> =>
  act(context, (api) => api.confirm({ by: context.io.user }));
