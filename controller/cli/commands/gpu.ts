import { act } from '../act.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { gpuText } from '../gpu-text.ts';
import { painter } from '../style.ts';

export interface GpuOptions {
  readonly output: 'table' | 'json';
}

export interface CordonOptions {
  readonly reason: string;
}

export const run = (context: Context, { output }: GpuOptions): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const report = await api.gpus();
    if (output === 'json') sayJson(context, report);
    else {
      const { io } = context;
      say(
        context,
        gpuText(report, {
          now: Date.now(),
          columns: io.stdout.size()?.columns ?? 80,
          paint: painter(io.env, io.stdout),
        }),
      );
    }
    return exitCode.done;
  });

export const cordon = (context: Context, gpu: string, { reason }: CordonOptions): Promise<number> =>
  act(context, (api) => api.cordon({ gpu, why: reason, by: context.io.user }));

export const uncordon = (context: Context, gpu: string): Promise<number> =>
  act(context, (api) => api.uncordon({ gpu, by: context.io.user }));
