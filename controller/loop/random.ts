import { randomBytes, randomInt } from 'node:crypto';

/** Chance as an argument; the same words as the model's port. */
export interface Random {
  /** In [0, 1). */
  fraction(): number;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
}

export const systemRandom = (): Random => ({
  fraction: () => randomInt(2 ** 32) / 2 ** 32,
  hex: (digits) =>
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
});
