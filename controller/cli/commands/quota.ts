import { resolve } from 'node:path';
import { ApiError } from '../../model/api.ts';
import type { QuotaField } from '../../model/quota.ts';
import type { QuotaChange, QuotaSubject, SetQuotaRequest } from '../../model/quota-api.ts';
import { act } from '../act.ts';
import { say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { quotaCheckText, quotaTable } from '../quota-text.ts';

export interface QuotaNames {
  readonly user?: string;
  readonly group?: string;
  readonly project?: string;
}

export interface QuotaShowOptions extends QuotaNames {
  readonly output: 'table' | 'json';
}

export interface QuotaSetOptions extends QuotaNames {
  readonly containers?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly gpus?: string;
}

export interface QuotaCheckOptions {
  readonly repair?: boolean;
}

export const show = async (context: Context, options: QuotaShowOptions): Promise<number> => {
  const subject = subjectOf(context, options);
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.quotas({ subject });
    if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else say(context, quotaTable(report));
    return exitCode.done;
  });
};

export const set = async (context: Context, options: QuotaSetOptions): Promise<number> => {
  const subject = subjectOf(context, options);
  if (subject === null) {
    throw new ApiError('usage', 'say whose quota to set: --user, --group or --project');
  }
  const limits = await limitsOf(options);
  if (Object.keys(limits).length === 0) {
    throw new ApiError('usage', 'say what to set: --containers, --cpus, --memory or --gpus');
  }
  return act(context, (api) => api.setQuota({ subject, limits, by: context.io.user }));
};

export const check = (context: Context, { repair = false }: QuotaCheckOptions): Promise<number> =>
  withConnection(context, repair ? 'write' : 'read', async ({ api }) => {
    const found = await api.checkQuotas({ repair, by: context.io.user });
    say(context, quotaCheckText(found));
    return found.wrong.length === 0 || found.repaired ? exitCode.done : exitCode.failed;
  });

/** null: nobody is named. */
const subjectOf = ({ io }: Context, { user, group, project }: QuotaNames): QuotaSubject | null => {
  const named: readonly QuotaSubject[] = [
    ...(user === undefined ? [] : [{ kind: 'user', user } as const]),
    ...(group === undefined ? [] : [{ kind: 'group', group } as const]),
    ...(project === undefined
      ? []
      : // A name has no slash in it.
        [
          {
            kind: 'project',
            project: /^\.|\//.test(project) ? resolve(io.cwd, project) : project,
          } as const,
        ]),
  ];
  if (named.length > 1) throw new ApiError('usage', 'name one of --user, --group and --project');
  if ([user, group, project].includes('')) throw new ApiError('usage', 'a name is empty');
  return named[0] ?? null;
};

const limitsOf = async (options: QuotaSetOptions): Promise<SetQuotaRequest['limits']> => {
  const { parseCpus, parseSize } = await import('../../../specs/units.ts');
  const whole = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null);
  const cores = (text: string): number | null => (/^0+(\.0*)?$/.test(text) ? 0 : parseCpus(text));
  const all: readonly (readonly [QuotaField, QuotaChange | null])[] = [
    ['containers', change('containers', options.containers, [whole, 'a whole number'])],
    ['cpus', change('cpus', options.cpus, [cores, 'a number of cores such as 2.5'])],
    ['memoryBytes', change('memory', options.memory, [parseSize, 'a size such as 64GB'])],
    ['gpus', change('gpus', options.gpus, [whole, 'a whole number'])],
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== null));
};

/** null: it is not given. */
const change = (
  name: string,
  text: string | undefined,
  [parse, wanted]: readonly [(text: string) => number | null, string],
): QuotaChange | null => {
  if (text === undefined) return null;
  if (text === 'unlimited' || text === 'inherit') return text;
  const value = parse(text);
  if (value !== null) return value;
  throw new ApiError('usage', `--${name} ${text} is not ${wanted}, unlimited or inherit`);
};
