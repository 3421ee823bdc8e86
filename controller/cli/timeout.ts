import { ApiError } from '../model/api.ts';

/** `90s`, `30m`, `1h30m`. Throws ApiError 'usage'. */
export const timeoutMs = async (text: string): Promise<number> => {
  const { parseDuration } = await import('../../specs/units.ts');
  const span = parseDuration(text);
  if (span === null) throw new ApiError('usage', `--timeout ${text} is not a duration such as 90s`);
  return span;
};
