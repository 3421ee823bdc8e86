import { ApiError } from '../../model/api.ts';
import { say, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { eventCells, eventTable } from '../describe-text.ts';
import { exitCode } from '../exit-codes.ts';
import type { EventItem } from '../../model/api.ts';
import { environmentRef } from '../target.ts';

export interface EventsOptions {
  readonly follow: boolean;
  readonly limit: string;
  readonly output: 'text' | 'json';
}

export const run = (
  context: Context,
  name: string | undefined,
  options: EventsOptions,
): Promise<number> => {
  const { io } = context;
  if (!/^\d{1,6}$/.test(options.limit))
    throw new ApiError('usage', `--limit ${options.limit} is not a number of events`);
  const query = {
    ref: name === undefined ? null : environmentRef(io.cwd, name),
    follow: options.follow,
    limit: Number(options.limit),
  };
  return withConnection(context, 'read', async ({ api }) => {
    const events = api.events(query, io.signal);
    if (options.follow) {
      for await (const event of events) say(context, lineOf(context, event, options.output));
      return exitCode.done;
    }
    const items: EventItem[] = [];
    for await (const event of events) items.push(event);
    if (options.output === 'json')
      say(context, JSON.stringify({ apiVersion: 'mlenv/v1', items }, null, 2));
    else say(context, eventTable(items, io.clock.now()).trimEnd() || 'No events.');
    return exitCode.done;
  });
};

/** Followed, nobody knows how wide a column will be. */
const lineOf = ({ io }: Context, event: EventItem, output: EventsOptions['output']): string => {
  if (output === 'json') return JSON.stringify(event);
  const [, type = '', reason = '', object = '', message = ''] = eventCells(event, io.clock.now());
  return `${event.at}  ${type.padEnd(7)}  ${reason.padEnd(18)}  ${object}  ${message}`;
};
