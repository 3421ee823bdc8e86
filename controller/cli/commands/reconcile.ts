import { act } from '../act.ts';
import type { Context } from '../context.ts';
import { environmentRef } from '../target.ts';

export const run = (context: Context, name: string | undefined): Promise<number> => {
  const ref = name === undefined ? null : environmentRef(context.io.cwd, name);
  return act(context, (api) => api.reconcile(ref));
};
