/** A span as kubectl shows it: at most two units, coarser with its length (`90s`, `5m3s`, `4h`, `3d`). */
export const formatAge = (spanMs: number): string => {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return pair(days, 'd', hours % 24, 'h');
  if (years < 2) return `${days}d`;
  if (years < 8) return pair(years, 'y', days % 365, 'd');
  return `${years}y`;
};

/** Since an ISO 8601 time; `-` for null. */
export const ageSince = (time: string | null, nowMs: number): string =>
  time === null ? '-' : formatAge(nowMs - Date.parse(time));

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
