/**
 * The document's DATETIME: UTC 'YYYY-MM-DD HH:MM:SS', as CURRENT_TIMESTAMP writes it. Parts of a second
 * are dropped. Throws a RangeError on what is no time.
 */
export function toDatetime(ms: number): string;
export function toDatetime(ms: number | null): string | null;
export function toDatetime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** Milliseconds since the epoch; null for text that is no such time. */
export const fromDatetime = (text: string | null): number | null => {
  if (text === null || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
};

/** For names of files: 20260301T120000Z. */
export const toFileStamp = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
