import { ApiError } from '../../model/api.ts';
import type { ProjectPlan } from '../../model/api.ts';
import { ask } from '../ask.ts';
import { say, withConnection } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { outcomeCode, outcomeText } from '../outcome.ts';
import { planText } from '../plan-text.ts';
import type { Connection } from '../ports.ts';
import { reachText } from '../reach.ts';
import { painter } from '../style.ts';
import { isTaken, isUp } from '../taken.ts';
import { projectFolder } from '../target.ts';
import { timeoutMs } from '../timeout.ts';
import { unwatched } from '../unwatched.ts';

export interface UpOptions {
  readonly environment?: string;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

/** Typing `up` is the approval of what it shows; on a terminal it asks before it touches what runs. */
export const run = async (
  context: Context,
  path: string | undefined,
  options: UpOptions,
): Promise<number> => {
  const limitMs = await timeoutMs(options.timeout);
  const folder = projectFolder(context.io.cwd, path);
  return withConnection(context, 'write', async (connection) => {
    const plan = narrowed(await connection.api.plan(folder), options.environment);
    if (plan.diagnostics.length > 0)
      throw new ApiError('invalid-spec', 'the spec has faults', plan.diagnostics);
    say(context, planText(plan, painter(context.io.env, context.io.stdout)));
    const result = await connection.api.up({
      path: folder,
      environment: options.environment ?? null,
      approve: await approvals(context, plan, options),
      by: context.io.user,
    });
    for (const message of result.messages) say(context, message);
    return options.wait
      ? untilSettled(context, connection, { keys: result.keys, limitMs })
      : underWay(context, connection, { keys: result.keys, limitMs });
  });
};

const narrowed = (plan: ProjectPlan, environment: string | undefined): ProjectPlan =>
  environment === undefined
    ? plan
    : { ...plan, environments: plan.environments.filter((e) => e.environment === environment) };

const approvals = async (
  context: Context,
  plan: ProjectPlan,
  options: UpOptions,
): Promise<readonly string[]> => {
  const pending = plan.environments.filter((e) => e.needsApproval).map((e) => e.environment);
  const { stdin, stdout } = context.io;
  if (pending.length === 0 || options.yes || !stdin.isTTY || !stdout.isTTY) return pending;
  const question = `Let this be done to what runs: ${pending.join(', ')}?`;
  if (await ask(context, question)) return pending;
  say(context, 'Left waiting: mlenv approve ENV lets it through later. The rest goes on.');
  return [];
};

interface Wait {
  readonly keys: readonly string[];
  readonly limitMs: number;
}

const untilSettled = async (
  context: Context,
  connection: Connection,
  { keys, limitMs }: Wait,
): Promise<number> => {
  const { items, end } = await follow(context, connection.api, {
    keys,
    limitMs,
    reached: isUp,
  });
  for (const line of outcomeText(items, end)) say(context, line);
  const reach = reachText(items, context.io);
  if (reach !== '') say(context, reach);
  if (connection.mode === 'process') say(context, unwatched);
  return outcomeCode(items, end);
};

const underWay = async (
  context: Context,
  connection: Connection,
  { keys, limitMs }: Wait,
): Promise<number> => {
  if (connection.mode === 'controller') return exitCode.done;
  say(context, 'No controller runs, so this command stays until each first step has been taken.');
  const { items, end } = await follow(context, connection.api, { keys, limitMs, reached: isTaken });
  say(context, unwatched);
  return end === 'reached' ? exitCode.done : outcomeCode(items, end);
};
