import { ApiError } from '../model/api.ts';

/** `7d` before now, or a time in UTC → ISO 8601 UTC. Throws ApiError 'usage'. */
export const timeAgo = async (option: string, text: string, nowMs: number): Promise<string> => {
  const at = await timeOf(text, nowMs);
  if (at === null) {
    throw new ApiError(
      'usage',
      `${option} ${text} is neither a span such as 90s, 1h30m or 7d, nor a time in UTC such as 2026-03-01 or 2026-03-01T12:00`,
    );
  }
  if (at > nowMs) throw new ApiError('usage', `${option} ${text} is not past yet`);
  return new Date(at).toISOString();
};

/** A duration that is longer than nothing. Throws ApiError 'usage'. */
export const durationMs = async (
  option: string,
  text: string,
  { leastMs, example }: { readonly leastMs: number; readonly example: string },
): Promise<number> => {
  const { parseDuration, formatDuration } = await import('../../specs/units.ts');
  const span = parseDuration(text);
  if (span === null) {
    throw new ApiError('usage', `${option} ${text} is not a duration such as ${example}`);
  }
  if (span < leastMs) {
    throw new ApiError('usage', `${option} ${text} is shorter than ${formatDuration(leastMs)}`);
  }
  return span;
};

const timeOf = async (text: string, nowMs: number): Promise<number | null> => {
  const { parseDuration } = await import('../../specs/units.ts');
  const span = parseDuration(text);
  if (span !== null) return span <= nowMs ? nowMs - span : null;
  const [, day, time = '00:00', zone = 'Z'] = utcTime.exec(text) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`);
  return at >= 0 ? at : null;
};

const utcTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/;
