import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown in a condition: it will not come to hold any more. */
export class NeverError extends Error {}

/** The limit is generous: it only catches what never comes. A condition that throws is not yet true. */
export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  limitMs = 120_000,
): Promise<void> {
  const endAt = Date.now() + limitMs;
  let thrown: unknown = null;
  for (;;) {
    try {
      if (await holds()) return;
      thrown = null;
    } catch (error) {
      if (error instanceof NeverError) throw error;
      thrown = error;
    }
    if (Date.now() > endAt) {
      const words = typeof what === 'string' ? what : what();
      throw new Error(`it never came to hold: ${words}`, { cause: thrown });
    }
    await sleep(100);
  }
}
