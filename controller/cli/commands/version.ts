import { ApiError } from '../../model/api.ts';
import type { VersionInfo } from '../../model/api.ts';
import { say, sayJson, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface VersionOptions {
  readonly output: 'text' | 'json';
}

/** Says its own version even where nothing else can be reached. */
export const run = async (context: Context, options: VersionOptions): Promise<number> => {
  const { version } = context.io;
  const { instance, problem } = await reach(context);
  if (options.output === 'json') {
    sayJson(context, { apiVersion: 'mlenv/v1', version, node: process.version, instance, problem });
    return exitCode.done;
  }
  say(context, `mlenv     ${version} (Node ${process.version})`);
  if (instance === null) say(context, `instance  none: ${problem}`);
  else {
    const { mode, pid, stateDir, engine } = instance;
    const where = mode === 'controller' ? `controller, pid ${pid}` : 'no controller runs';
    say(context, `instance  ${instance.version} (${where}, state in ${stateDir})`);
    say(
      context,
      engine === null
        ? 'engine    does not answer'
        : `engine    ${engine.version} on ${engine.name} (API ${engine.apiVersion})`,
    );
  }
  return exitCode.done;
};

const reach = async (
  context: Context,
): Promise<{ readonly instance: VersionInfo | null; readonly problem: string }> => {
  try {
    const instance = await withConnection(context, 'read', ({ api }) => api.version());
    return { instance, problem: '' };
  } catch (thrown) {
    if (thrown instanceof ApiError) return { instance: null, problem: thrown.message };
    throw thrown;
  }
};
