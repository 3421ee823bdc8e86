/**
 * The numbers of a tag as a text that sorts as they do: `24.05-py3` after `24.5.1` after `9.9`. '' for a
 * tag without any, such as `latest`. Tags of the same numbers stand by their own text: `24.05-py3` before
 * `24.05-py3-igpu`, and `1.2.0` before `1.2.0-rc1`.
 */
export const tagOrder = (tag: string): string => {
  const found = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?!\d)/.exec(tag);
  if (found?.[1] === undefined || isCommit.test(tag)) return '';
  const parts = found[1].split('.');
  return [...parts, '0', '0', '0']
    .slice(0, 4)
    .map((part) => part.padStart(9, '0'))
    .join('.');
};

/** The newest first; those without a number last. */
export const byTag = (a: string, b: string): number => {
  const [orderA, orderB] = [tagOrder(a), tagOrder(b)];
  if (orderA !== orderB) return orderA < orderB ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
};

/** `0d4fab1`: its digits say nothing. */
const isCommit = /^(?=.*[a-f])[0-9a-f]{7,64}$/;
