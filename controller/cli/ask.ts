import type { Context } from './context.ts';

/** A question on a terminal; anything but y or yes is no, and so is the end of the input. */
export const ask = async ({ io }: Context, question: string): Promise<boolean> => {
  io.stdout.write(`${question} [y/N] `);
  const done = new AbortController();
  const text = new TextDecoder();
  let answer = '';
  for await (const piece of io.stdin.read(AbortSignal.any([io.signal, done.signal]))) {
    answer += text.decode(piece, { stream: true });
    if (answer.includes('\n')) break;
  }
  done.abort();
  if (!answer.includes('\n')) io.stdout.write('\n');
  return /^\s*y(es)?\s*$/i.test(answer);
};
