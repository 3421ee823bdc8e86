import type { Context } from './context.ts';

/** Several questions on one terminal. */
export interface Prompt {
  /** What was typed, without spaces around it; the preset for an empty line and at the end of the input. */
  line(question: string, preset: string): Promise<string>;
  /** Anything but y or yes is no, and so is the end of the input. */
  confirm(question: string): Promise<boolean>;
  close(): Promise<void>;
}

export const openPrompt = ({ io }: Pick<Context, 'io'>): Prompt => {
  const done = new AbortController();
  const pieces = io.stdin.read(AbortSignal.any([io.signal, done.signal]))[Symbol.asyncIterator]();
  const text = new TextDecoder();
  let typed = '';
  /** null: the input has ended. */
  const next = async (question: string): Promise<string | null> => {
    io.stdout.write(question);
    while (!typed.includes('\n')) {
      const piece = await pieces.next();
      if (piece.done === true) {
        io.stdout.write('\n');
        return null;
      }
      typed += text.decode(piece.value, { stream: true });
    }
    const end = typed.indexOf('\n');
    const line = typed.slice(0, end).trim();
    typed = typed.slice(end + 1);
    return line;
  };
  return {
    line: async (question, preset) => (await next(`${question} [${preset}] `)) || preset,
    confirm: async (question) => /^y(es)?$/i.test((await next(`${question} [y/N] `)) ?? ''),
    close: async () => {
      done.abort();
      await pieces.return?.();
    },
  };
};
