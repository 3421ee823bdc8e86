/** `32GB`, `512MiB`, `1.5g` to whole bytes; null: not a size. KB, KiB, K and Ki are all 2^10, and so on. */
export const parseSize = (text: string): number | null => {
  const match = /^([0-9]{1,15}(?:\.[0-9]{1,9})?) ?(?:([kmgt])i?b?|b)$/i.exec(text);
  if (match === null) return null;
  const power = match[2] === undefined ? 0 : 'kmgt'.indexOf(match[2].toLowerCase()) + 1;
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
};

/** `30s`, `1h30m`, `500ms` to whole milliseconds; null: not a duration. */
export const parseDuration = (text: string): number | null => {
  if (text.length > 64 || !/^(?:[0-9]{1,12}(?:\.[0-9]{1,9})?(?:ms|s|m|h|d))+$/.test(text))
    return null;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h|d)/g)) {
    total += Number(number) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  const ms = Math.round(total);
  return Number.isSafeInteger(ms) ? ms : null;
};

/** Cores as a number or a text; null: not one. */
export const parseCpus = (value: number | string): number | null => {
  const cpus =
    typeof value === 'number' ? value : /^[0-9.]{1,16}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(cpus) && cpus >= 0.01 ? cpus : null;
};

/** Bytes as a person writes them, exactly. */
export const formatSize = (bytes: number): string => {
  const power = [4, 3, 2, 1].find((n) => bytes >= 1024 ** n && bytes % 1024 ** n === 0) ?? 0;
  return `${bytes / 1024 ** power}${['B', 'KB', 'MB', 'GB', 'TB'][power]}`;
};

/** Whole milliseconds as a person writes them, exactly: `10m`, `1h30m`, `500ms`. */
export const formatDuration = (durationMs: number): string => {
  const parts: string[] = [];
  let left = durationMs;
  for (const [unit, ms] of Object.entries(unitMs).sort((a, b) => b[1] - a[1])) {
    if (left >= ms) parts.push(`${Math.floor(left / ms)}${unit}`);
    left %= ms;
  }
  return parts.length === 0 ? '0s' : parts.join('');
};

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
