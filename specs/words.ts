export type Words =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly message: string };

/**
 * Splits at blanks as a shell does, quotes and backslashes respected, and does nothing else that a
 * shell does: no variables, no globs, no pipes.
 */
export const splitWords = (text: string): Words => {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let i = 0; i < text.length; i += 1) {
    const at = text.charAt(i);
    if (quote === null && /\s/.test(at)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (at === '"' || at === "'")) {
      quote = at;
      word ??= '';
    } else if (at === quote) {
      quote = null;
    } else if (at === '\\' && quote !== "'") {
      const next = text.charAt(i + 1);
      if (next === '') return { ok: false, message: 'ends with a lone backslash' };
      // Within double quotes a backslash stands for itself before anything but these.
      const kept = quote === '"' && !'"\\$`'.includes(next) ? '\\' : '';
      word = `${word ?? ''}${kept}${next}`;
      i += 1;
    } else {
      word = `${word ?? ''}${at}`;
    }
  }
  if (quote !== null) return { ok: false, message: `has a ${quote} that is not closed` };
  if (word !== null) words.push(word);
  return words.length === 0 ? { ok: false, message: 'has no word' } : { ok: true, words };
};
