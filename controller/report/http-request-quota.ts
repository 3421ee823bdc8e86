import { quotaFields, type QuotaField } from '../model/quota.ts';
import type {
  CheckQuotasRequest,
  QuotaChange,
  QuotaQuery,
  QuotaSubject,
  SetQuotaRequest,
} from '../model/quota-api.ts';
import { absolute, flag, object, optionalText, text, wrong, type Fields } from './http-request.ts';
import type { Query } from './wire.ts';

/** All throw ApiError 'usage'. */
export const quotaQueryOf = (query: Query): QuotaQuery => ({ subject: subjectOf(query) });

export const setQuotaOf = (value: unknown): SetQuotaRequest => {
  const fields = object(value, 'body');
  const named = object(fields['subject'], 'subject');
  const subject = subjectOf(named);
  if (subject === null || named['kind'] !== subject.kind) {
    throw wrong('subject', 'a kind, which is user, group or project, with a field of that name');
  }
  const limits = object(fields['limits'], 'limits');
  const unknown = Object.keys(limits).find((name) => !quotaFields.some((field) => field === name));
  if (unknown !== undefined) throw wrong('limits', `of ${quotaFields.join(', ')}, not ${unknown}`);
  return {
    subject,
    limits: Object.fromEntries(
      quotaFields.flatMap((field) =>
        limits[field] === undefined ? [] : [[field, changeOf(field, limits[field])]],
      ),
    ),
    by: text(fields, 'by'),
  };
};

export const checkQuotasOf = (value: unknown): CheckQuotasRequest => {
  const fields = object(value, 'body');
  return { repair: flag(fields, 'repair'), by: text(fields, 'by') };
};

const subjectOf = (fields: Fields): QuotaSubject | null => {
  const [user, group, project] = [
    optionalText(fields, 'user'),
    optionalText(fields, 'group'),
    optionalText(fields, 'project'),
  ];
  const found: readonly QuotaSubject[] = [
    ...(user === null ? [] : [{ kind: 'user', user } as const]),
    ...(group === null ? [] : [{ kind: 'group', group } as const]),
    ...(project === null
      ? []
      : [
          {
            kind: 'project',
            project: /^\.|\//.test(project) ? absolute(project, 'project') : project,
          } as const,
        ]),
  ];
  if (found.length > 1) throw wrong('subject', 'one of user, group and project');
  return found[0] ?? null;
};

const changeOf = (field: QuotaField, value: unknown): QuotaChange => {
  if (value === 'unlimited' || value === 'inherit') return value;
  const isWhole = field !== 'cpus';
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw wrong(field, 'a number from 0, unlimited or inherit');
  if (isWhole && !Number.isSafeInteger(value)) throw wrong(field, 'a whole number');
  return value;
};
