import type { Settings } from '../model/context.ts';

/** Every /prefix inside the range, lowest first. IPv4. */
export const subnetsOf = function* ({ base, prefix }: Settings['subnets']): Generator<string> {
  const range = parse(base);
  if (range === null) return;
  const size = 2 ** (32 - prefix);
  for (let at = range.from; at + size - 1 <= range.to; at += size) yield `${text(at)}/${prefix}`;
};

/** Those of them that overlap nothing taken; found one at a time, as a range may hold a great many. */
export const freeSubnets = function* (
  { base, prefix }: Settings['subnets'],
  taken: readonly string[],
): Generator<string> {
  const size = 2 ** (32 - prefix);
  const blocks = taken
    .map(parse)
    .filter((block) => block !== null)
    .sort((a, b) => a.from - b.from)
    .values();
  let block = blocks.next();
  let blockedTo = -1;
  for (const subnet of subnetsOf({ base, prefix })) {
    const from = parse(subnet)?.from ?? 0;
    while (block.done !== true && block.value.from < from + size) {
      blockedTo = Math.max(blockedTo, block.value.to);
      block = blocks.next();
    }
    if (blockedTo < from) yield subnet;
  }
};

/** IPv6, and what cannot be read, overlaps nothing. */
export const overlaps = (a: string, b: string): boolean => {
  const one = parse(a);
  const other = parse(b);
  return one !== null && other !== null && one.from <= other.to && other.from <= one.to;
};

const parse = (cidr: string): { readonly from: number; readonly to: number } | null => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return null;
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || bits > 32) return null;
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const from = Math.floor(address / size) * size;
  return { from, to: from + size - 1 };
};

const text = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
