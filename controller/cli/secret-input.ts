import { ApiError } from '../model/api.ts';
import type { Context } from './context.ts';

const longest = 1 << 16;

/** All of the standard input, without the end of its line. */
export const pipedSecret = async ({ io }: Context): Promise<string> => {
  const text = new TextDecoder();
  let secret = '';
  for await (const piece of io.stdin.read(io.signal)) {
    secret += text.decode(piece, { stream: true });
    if (secret.length > longest)
      throw new ApiError('usage', 'that is no password: it does not end');
  }
  return secret.replace(/\r?\n$/, '');
};

/** Typed on a terminal that shows nothing of it. */
export const askSecret = async ({ io }: Context, question: string): Promise<string> => {
  if (!io.stdin.isTTY) {
    throw new ApiError('usage', 'there is no terminal to ask on: --password-stdin takes a pipe');
  }
  io.stderr.write(question);
  io.stdin.setRawMode(true);
  const done = new AbortController();
  const text = new TextDecoder();
  let secret = '';
  try {
    for await (const piece of io.stdin.read(AbortSignal.any([io.signal, done.signal]))) {
      for (const key of text.decode(piece, { stream: true })) {
        if (key === '\r' || key === '\n') return secret;
        // Without echo the terminal makes no signals either.
        if (key === '\u0003' || key === '\u0004') throw new ApiError('usage', 'given up');
        if (key === '\u007f' || key === '\b') secret = secret.slice(0, -1);
        else if (key === '\u0015') secret = '';
        else secret += key;
      }
    }
    throw new ApiError('usage', 'given up');
  } finally {
    done.abort();
    io.stdin.setRawMode(false);
    io.stderr.write('\n');
  }
};
