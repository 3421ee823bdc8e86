import type { Api } from '../../model/api.ts';
import type { SyncItem } from '../../model/catalogue-api.ts';
import { say, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { sleep } from '../follow.ts';
import { leftText, syncText } from '../images-text.ts';
import { liveBlock } from '../live.ts';

export interface ImagesSyncOptions {
  readonly org: string;
  readonly image?: string;
  readonly wait: boolean;
}

/** In a pipe no more than a line a minute: a whole catalogue takes hours. */
const lineEveryMs = 60_000;
const pollMs = 500;

export const run = (context: Context, options: ImagesSyncOptions): Promise<number> =>
  withConnection(context, 'write', async ({ api, mode }) => {
    const { org: organization, image = null, wait } = options;
    const { messages } = await api.syncImages({ organization, image, by: context.io.user });
    for (const message of messages) say(context, message);
    if (!wait && mode === 'controller') return exitCode.done;
    const scope = image === null ? organization : `${organization}/${image}`;
    const end = await follow(context, api, scope);
    if (end === null) return exitCode.failed;
    say(context, syncText(end));
    if (end.state === 'running') {
      say(
        context,
        mode === 'controller'
          ? 'The controller reads on; mlenv images list tells how far it is.'
          : 'What was read is kept; mlenv images sync goes on from there.',
      );
    }
    return end.state === 'complete' ? exitCode.done : exitCode.failed;
  });

/** Until it is complete, stands still or is interrupted; null: nobody knows of it any more. */
const follow = async ({ io }: Context, api: Api, scope: string): Promise<SyncItem | null> => {
  const block = io.stdout.isTTY ? liveBlock(io.stdout) : null;
  const begun = io.clock.now();
  let first: number | null = null;
  let toldAt = begun;
  for (;;) {
    const { catalogue } = await api.images({ text: null, category: 'none', organization: scope });
    const sync = catalogue.syncs.find((one) => one.scope === scope);
    if (sync === undefined) return null;
    first ??= sync.checked;
    if (sync.state !== 'running' || io.signal.aborted) return sync;
    const now = io.clock.now();
    const line = syncText(sync) + leftText(sync, { checked: first, elapsedMs: now - begun });
    block?.draw([line]);
    if (block === null && now - toldAt >= lineEveryMs) {
      io.stdout.write(`${line}\n`);
      toldAt = now;
    }
    await sleep(io.clock, pollMs, io.signal);
  }
};
