import type { MigDevice } from '../../model/gpu.ts';
import { linesOf } from './parse-csv.ts';

/**
 * Slices by their card's uuid, from `nvidia-smi -L`; null where a line of a slice was not understood,
 * since half a list would offer a card's slices as if they were all.
 */
export const parseMig = (output: string): ReadonlyMap<string, readonly MigDevice[]> | null => {
  const cards = new Map<string, MigDevice[]>();
  let slices: MigDevice[] = [];
  for (const line of linesOf(output)) {
    const card = /^GPU\s+\d+:/.test(line);
    if (card) {
      slices = [];
      // A lost card is listed without its uuid; what follows it belongs to nobody then.
      const uuid = /\(UUID:\s*(GPU-[^)\s]+)\)/.exec(line)?.[1];
      if (uuid !== undefined) cards.set(uuid, slices);
    } else if (/^\s+MIG\b/.test(line)) {
      const slice = parseSlice(line);
      if (slice === null) return null;
      slices.push(slice);
    }
  }
  return cards;
};

const parseSlice = (line: string): MigDevice | null => {
  const [, profile, index, uuid] =
    /^\s+MIG\s+(\S+)\s+Device\s+(\d+):\s*\(UUID:\s*(MIG-[^)\s]+)\)/.exec(line) ?? [];
  if (profile === undefined || index === undefined || uuid === undefined) return null;
  return { uuid, index: Number(index), profile, memoryBytes: profileBytes(profile) };
};

/** `1c.3g.71gb+me` → 71 GiB, in bytes; null: no such part. */
const profileBytes = (profile: string): number | null => {
  const gigabytes = /(?:^|\.)(\d+)gb(?:\+|$)/.exec(profile)?.[1];
  return gigabytes === undefined ? null : Number(gigabytes) * 2 ** 30;
};
