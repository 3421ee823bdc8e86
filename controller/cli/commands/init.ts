import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectNameOf, specFileName, templateText } from '../../../specs/index.ts';
import type { TemplateName } from '../../../specs/index.ts';
import { ApiError } from '../../model/api.ts';
import { say } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface InitOptions {
  readonly template: TemplateName;
  readonly force: boolean;
}

export const run = async (context: Context, options: InitOptions): Promise<number> => {
  const { cwd, schemaFile } = context.io;
  const project = projectNameOf(cwd) ?? 'project';
  const text = templateText(options.template, { schema: schemaFile, project });
  try {
    await writeFile(join(cwd, specFileName), text, { flag: options.force ? 'w' : 'wx' });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')
      throw new ApiError('refused', `${specFileName} is there already; --force overwrites it`);
    throw thrown;
  }
  say(context, `Wrote ${specFileName}. Next: mlenv plan, then mlenv up.`);
  return exitCode.done;
};
