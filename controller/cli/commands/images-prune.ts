import { ApiError } from '../../model/api.ts';
import { ask } from '../ask.ts';
import { note, say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { pruneText, sizeText } from '../images-text.ts';

export interface ImagesPruneOptions {
  readonly unusedFor: string;
  readonly keep: string;
  readonly yes: boolean;
  readonly output: 'table' | 'json';
}

/** Shows the plan; removes what it showed once a person has said yes. */
export const run = async (context: Context, options: ImagesPruneOptions): Promise<number> => {
  const { keep, yes, output } = options;
  const unusedForMs = await spanOf(options.unusedFor);
  if (!/^\d{1,4}$/.test(keep))
    throw new ApiError('usage', `--keep ${keep} is not a number of images`);
  const { io } = context;
  const asked = { unusedForMs, keep: Number(keep), by: io.user };
  return withConnection(context, yes || io.stdin.isTTY ? 'write' : 'read', async ({ api }) => {
    const plan = await api.pruneImages({ ...asked, remove: null });
    const remove = plan.items
      .filter(({ verdict }) => verdict === 'remove')
      .map(({ reference }) => reference);
    const isJson = output === 'json';
    if (!isJson) say(context, pruneText(plan));
    if (isJson && !yes) sayJson(context, { apiVersion: 'mlenv/v1', ...plan });
    if (!yes && (isJson || !io.stdin.isTTY)) {
      if (remove.length > 0) note(context, 'Nothing was removed; --yes removes what is shown.');
      return exitCode.done;
    }
    if (remove.length > 0 && !yes && !(await ask(context, 'Remove them?'))) return exitCode.done;
    const done =
      remove.length === 0 ? { ...plan, items: [] } : await api.pruneImages({ ...asked, remove });
    if (isJson) sayJson(context, { apiVersion: 'mlenv/v1', ...done });
    const gone = done.items.filter(({ verdict }) => verdict === 'removed');
    const stayed = done.items.filter(({ verdict }) => verdict !== 'removed');
    for (const { reference, why } of stayed) note(context, `${reference} stays: ${why}`);
    if (!isJson && remove.length > 0)
      say(context, `${gone.length} removed, at most ${sizeText(done.atMostBytes)}.`);
    return stayed.some(({ verdict }) => verdict === 'failed') ? exitCode.failed : exitCode.done;
  });
};

const spanOf = async (text: string): Promise<number> => {
  const { parseDuration } = await import('../../../specs/units.ts');
  const span = parseDuration(text);
  if (span === null) throw new ApiError('usage', `--unused-for ${text} is no duration such as 30d`);
  return span;
};
