import { act } from '../act.ts';
import type { Context } from '../context.ts';

export interface FreezeOptions {
  readonly reason: string;
}

export const run = (context: Context, { reason }: FreezeOptions): Promise<number> =>
  act(context, (api) => api.freeze({ why: reason, by: context.io.user }));

export const thaw = (context: Context): Promise<number> =>
  act(context, (api) => api.thaw({ by: context.io.user }));
