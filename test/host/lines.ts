/** What a journey says on the serial line, as values. Everything else that comes is a remark. */
export type Said =
  | { readonly kind: 'result'; readonly name: string; readonly why: string | null }
  | { readonly kind: 'up' | 'which' | 'end' | 'journal' }
  | { readonly kind: 'kill'; readonly afterMs: number }
  | { readonly kind: 'remark'; readonly text: string };

export const said = (line: string): Said => {
  const text = line.replaceAll('\r', '').trimEnd();
  const passed = /^ok (.+)$/.exec(text);
  if (passed?.[1] !== undefined) return { kind: 'result', name: passed[1], why: null };
  const failed = /^not ok (.+?):(?: (.*))?$/.exec(text);
  if (failed?.[1] !== undefined) {
    return { kind: 'result', name: failed[1], why: failed[2] || 'no word why' };
  }
  const word = /^bench: (up|which|end|journal)$/.exec(text)?.[1];
  if (word !== undefined) return { kind: word as 'up' };
  const kill = /^bench: kill (\d+)$/.exec(text)?.[1];
  if (kill !== undefined) return { kind: 'kill', afterMs: Number(kill) };
  return { kind: 'remark', text };
};

export interface Result {
  readonly name: string;
  /** Why it failed; null where it passed. */
  readonly why: string | null;
}

/** Of a journey as it should be: what it said; one that did not come to its end, or said nothing, failed. */
export const judged = (results: readonly Result[], ending: string | null): readonly Result[] => {
  const all = ending === null ? results : [...results, { name: 'comes to its end', why: ending }];
  return all.length > 0 ? all : [{ name: 'says anything', why: 'it said nothing' }];
};

/** Of its sabotaged twin: it passes where the check that the sabotage names has failed, and it alone counts. */
export const judgedTwin = (
  results: readonly Result[],
  fails: string,
  ending: string | null,
): Result => {
  const name = `sabotaged: "${fails}" fails`;
  const result = results.find((each) => each.name === fails);
  if (result === undefined) return { name, why: ending ?? 'the check was never come to' };
  return { name, why: result.why === null ? 'it passed all the same' : null };
};
