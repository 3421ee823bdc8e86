import type { ReportBy, ReportQuery, SeriesQuery } from '../model/usage-api.ts';
import { refOf, text, wrong } from './http-request.ts';
import type { Query } from './wire.ts';

/** All throw ApiError 'usage'. */
export const seriesQueryOf = (query: Query): SeriesQuery => ({
  ref: refOf(query),
  since: time(query, 'since'),
  until: time(query, 'until'),
  everyMs: everyOf(query['everyMs']),
});

export const reportQueryOf = (query: Query): ReportQuery => ({
  since: time(query, 'since'),
  by: byOf(query['by'] ?? 'project'),
});

const time = (query: Query, name: string): string => {
  const at = Date.parse(text(query, name));
  if (!(at >= 0)) throw wrong(name, 'a time such as 2026-03-01T12:00:00Z');
  return new Date(at).toISOString();
};

const everyOf = (value: string | undefined): number | null => {
  if (value === undefined) return null;
  if (!/^[1-9]\d{3,11}$/.test(value)) throw wrong('everyMs', 'milliseconds, 1000 or more');
  return Number(value);
};

const byOf = (value: string): ReportBy => {
  if (value === 'user' || value === 'project' || value === 'environment') return value;
  throw wrong('by', 'user, project or environment');
};
