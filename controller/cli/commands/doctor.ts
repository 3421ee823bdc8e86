import { say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import type { DoctorCheck } from '../ports.ts';
import { painter } from '../style.ts';
import type { Colour } from '../style.ts';

export interface DoctorOptions {
  readonly output: 'text' | 'json';
}

export const run = async (context: Context, options: DoctorOptions): Promise<number> => {
  const { io, ports, host } = context;
  const checks = await ports.doctor({ host });
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', checks });
  else {
    const { stripControls } = await import('../../report/text.ts');
    const paint = painter(io.env, io.stdout);
    for (const check of checks) {
      const mark = paint(colours[check.status], check.status.padEnd(4));
      say(context, `${mark}  ${check.name}: ${stripControls(check.message)}`);
      if (check.cure !== '') say(context, `      ${stripControls(check.cure)}`);
    }
  }
  const broken = checks.some(({ status }) => status === 'FAIL');
  return broken ? exitCode.prerequisite : exitCode.done;
};

const colours: Readonly<Record<DoctorCheck['status'], Colour>> = {
  OK: 'green',
  WARN: 'yellow',
  FAIL: 'red',
};
