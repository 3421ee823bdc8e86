import { actOnEnvironment } from '../act.ts';
import type { Context } from '../context.ts';

export const run = (context: Context, name: string): Promise<number> =>
  actOnEnvironment(context, name, (api, request) => api.suspend(request));
