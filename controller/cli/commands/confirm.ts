import { act } from '../act.ts';
import type { Context } from '../context.ts';

export interface ConfirmOptions {
  readonly user?: string;
}

export const run = (context: Context, { user }: ConfirmOptions): Promise<number> =>
  act(context, (api) => api.confirm({ user: user ?? null, by: context.io.user }));
