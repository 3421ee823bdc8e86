import { hostname } from 'node:os';
import { failed } from '../model/failure.ts';
import type { Notifier } from '../model/notice.ts';
import { runCommand } from './command.ts';
import { firstLine } from './private-file.ts';
import { post } from './webhook.ts';

export interface NotifierOptions {
  /** From which the search path of commands is taken, and nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/** The only place that tells anybody outside. A failure says what went wrong, and never to which address. */
export const createNotifier = ({ env, timeoutMs = 10_000 }: NotifierOptions): Notifier => ({
  host: hostname(),
  send: async (delivery, signal) => {
    const { target, secretFile, facts } = delivery;
    if (target.kind === 'command') {
      const { argv } = target;
      return runCommand({ argv, body: delivery.body, facts, path: env['PATH'], timeoutMs }, signal);
    }
    const url = target.kind === 'webhook' ? target.url : await firstLine(target.file);
    const key = secretFile === null ? null : await firstLine(secretFile);
    if (typeof url !== 'string') return failed('retry', url.trouble);
    if (key !== null && typeof key !== 'string') return failed('retry', key.trouble);
    return post({ url, key, delivery, timeoutMs }, signal);
  },
});
