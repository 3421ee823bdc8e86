/** How many faults of one kind a story meets in `npm test`. */
const most = 5;

/**
 * Which of the faults that a story can meet are played: a story is told once for each, so all of them cost the
 * square of its length. An even part, the same in every run; ROUND=1, 2 … shifts it, ROUND=all is everything.
 */
export const part = <T>(
  faults: readonly T[],
  round = process.env['ROUND'] ?? '0',
): readonly T[] => {
  if (round === 'all') return faults;
  const stride = Math.ceil(faults.length / most);
  const first = Number(round) % stride;
  return faults.filter((_, index) => index % stride === first);
};
