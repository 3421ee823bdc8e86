/** Lines that differ, with up to three of those around them, each behind `+ `, `- ` or two spaces. */
export const lineDiff = (before: string, after: string): readonly string[] => {
  const steps = walk(linesOf(before), linesOf(after));
  const near = steps.map((_, at) =>
    steps.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' '),
  );
  return steps.flatMap(({ sign, line }, at) => {
    if (near[at] === true) return [`${sign} ${line}`];
    return near[at - 1] === true ? ['  …'] : [];
  });
};

const around = 3;

const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

interface Step {
  readonly sign: ' ' | '+' | '-';
  readonly line: string;
}

/** Along the longest common subsequence. */
const walk = (before: readonly string[], after: readonly string[]): readonly Step[] => {
  const width = after.length + 1;
  // Of what is left from there on.
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const line = after[j];
    if (old !== undefined && old === line) {
      steps.push({ sign: ' ', line });
      i += 1;
      j += 1;
    } else if (old !== undefined && (line === undefined || at(i + 1, j) >= at(i, j + 1))) {
      steps.push({ sign: '-', line: old });
      i += 1;
    } else if (line !== undefined) {
      steps.push({ sign: '+', line });
      j += 1;
    }
  }
  return steps;
};
