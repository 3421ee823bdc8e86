import type { GpuReport } from '../../model/pool-api.ts';
import { act } from '../act.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { gpuPictureText, gpuTable } from '../gpu-text.ts';
import { painter } from '../style.ts';

export interface GpuOptions {
  readonly output: 'table' | 'json' | 'picture';
}

export interface CordonOptions {
  readonly reason: string;
}

export const run = (context: Context, { output }: GpuOptions): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    print(context, output, await api.gpus());
    return exitCode.done;
  });

const print = (context: Context, output: GpuOptions['output'], report: GpuReport): void => {
  const { io } = context;
  const options = {
    nowMs: io.clock.now(),
    columns: io.stdout.size()?.columns ?? 80,
    paint: painter(io.env, io.stdout),
  };
  switch (output) {
    case 'json':
      return sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    case 'table':
      return say(context, gpuTable(report, options));
    case 'picture':
      return say(context, gpuPictureText(report, options));
    default:
      return output satisfies never;
  }
};

export const cordon = (context: Context, gpu: string, { reason }: CordonOptions): Promise<number> =>
  act(context, (api) => api.cordon({ gpu, why: reason, by: context.io.user }));

export const uncordon = (context: Context, gpu: string): Promise<number> =>
  act(context, (api) => api.uncordon({ gpu, by: context.io.user }));
