import type { PoolDevice } from './gate.ts';
import type { Topology } from './topology.ts';

/** More sets than these are not all looked at: C(16, 8) is 12 870. */
const maxSets = 13_000;

/**
 * `missing` of the candidates, at least so many, to go with the fixed ones: shared cards that are
 * fullest, then the best connected set, then the one that leaves the rest best connected, then the
 * first of the candidates' own order. All sets are looked at while they are few; else one is grown
 * from each candidate by its best neighbours.
 */
export const bestSet = (
  { candidates, fixed }: Record<'candidates' | 'fixed', readonly PoolDevice[]>,
  missing: number,
  topology: Topology,
): readonly PoolDevice[] => {
  if (missing >= candidates.length) return candidates;
  const board = boardOf(candidates, fixed, topology);
  const best: Best = { set: [], value: null };
  if (waysToChoose(candidates.length, missing) <= maxSets) {
    tryAll(board, missing, best);
  } else {
    for (let seed = 0; seed < board.size; seed += 1) consider(best, grow(board, seed, missing));
  }
  return best.set.flatMap((at) => candidates[at] ?? []);
};

/** The candidates as numbers. */
interface Board {
  readonly size: number;
  /** Of each candidate, its row in the topology: links are read there, not copied for each request. */
  readonly rows: Int32Array;
  readonly topology: Topology;
  /** What each is connected to the fixed ones. */
  readonly toFixed: Float64Array;
  /** What all candidates together lose in connections when this one goes. */
  readonly harm: Float64Array;
  /** How many share it now, where it can be shared. */
  readonly filled: Float64Array;
}

interface Value {
  readonly filled: number;
  readonly linked: number;
  readonly harm: number;
}

interface Best {
  set: readonly number[];
  value: Value | null;
}

const boardOf = (
  candidates: readonly PoolDevice[],
  fixed: readonly PoolDevice[],
  topology: Topology,
): Board => {
  const { size: width, rowOf, scores } = topology;
  const size = candidates.length;
  const rows = new Int32Array(size);
  const filled = new Float64Array(size);
  candidates.forEach(({ gpuUuid, slots, holders }, at) => {
    rows[at] = rowOf(gpuUuid);
    filled[at] = slots > 1 ? holders.length : 0;
  });
  const fixedRows = fixed.map(({ gpuUuid }) => rowOf(gpuUuid));
  const toFixed = new Float64Array(size);
  const harm = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const row = (rows[i] ?? 0) * width;
    let sum = 0;
    for (let j = 0; j < size; j += 1) sum += scores[row + (rows[j] ?? 0)] ?? 0;
    harm[i] = sum;
    let linked = 0;
    for (const other of fixedRows) linked += scores[row + other] ?? 0;
    toFixed[i] = linked;
  }
  return { size, rows, topology, toFixed, harm, filled };
};

const linkOf = ({ rows, topology }: Board, a: number, b: number): number =>
  topology.scores[(rows[a] ?? 0) * topology.size + (rows[b] ?? 0)] ?? 0;

const nothing: Value = { filled: 0, linked: 0, harm: 0 };

/** The value of a set with one more in it; a link inside it is lost to the rest once, not twice. */
const withOne = (board: Board, value: Value, set: readonly number[], one: number): Value => {
  let inside = 0;
  for (const other of set) inside += linkOf(board, one, other);
  return {
    filled: value.filled + (board.filled[one] ?? 0),
    linked: value.linked + inside + (board.toFixed[one] ?? 0),
    harm: value.harm + (board.harm[one] ?? 0) - inside,
  };
};

const consider = (best: Best, { set, value }: { set: readonly number[]; value: Value }): void => {
  if (!isBetter(best.value, value.filled, value.linked, value.harm)) return;
  best.set = set;
  best.value = value;
};

/** Numbers rather than a value for each step: this is the inner loop. */
const tryAll = (board: Board, size: number, best: Best): void => {
  const set: number[] = [];
  const walk = (from: number, filled: number, linked: number, harm: number): void => {
    for (let at = from; at <= board.size - (size - set.length); at += 1) {
      let inside = 0;
      for (const other of set) inside += linkOf(board, at, other);
      const nowFilled = filled + (board.filled[at] ?? 0);
      const nowLinked = linked + inside + (board.toFixed[at] ?? 0);
      const nowHarm = harm + (board.harm[at] ?? 0) - inside;
      if (set.length < size - 1) {
        set.push(at);
        walk(at + 1, nowFilled, nowLinked, nowHarm);
        set.pop();
      } else if (isBetter(best.value, nowFilled, nowLinked, nowHarm)) {
        best.set = [...set, at];
        best.value = { filled: nowFilled, linked: nowLinked, harm: nowHarm };
      }
    }
  };
  walk(0, 0, 0, 0);
};

const isBetter = (best: Value | null, filled: number, linked: number, harm: number): boolean => {
  if (best === null || filled !== best.filled) return best === null || filled > best.filled;
  return linked > best.linked || (linked === best.linked && harm < best.harm);
};

const grow = (
  board: Board,
  seed: number,
  size: number,
): { readonly set: readonly number[]; readonly value: Value } => {
  const { harm, filled, toFixed } = board;
  const set: number[] = [];
  const gain = Float64Array.from(toFixed);
  const isIn = new Uint8Array(board.size);
  let value = nothing;
  for (let next = seed; next >= 0; next = set.length < size ? bestNext() : -1) {
    value = withOne(board, value, set, next);
    set.push(next);
    isIn[next] = 1;
    for (let at = 0; at < board.size; at += 1) {
      gain[at] = (gain[at] ?? 0) + linkOf(board, next, at);
    }
  }
  return { set: set.sort((a, b) => a - b), value };

  function bestNext(): number {
    let best = -1;
    for (let at = 0; at < board.size; at += 1) {
      if (isIn[at] === 1) continue;
      if (best < 0) best = at;
      const more =
        (filled[at] ?? 0) - (filled[best] ?? 0) ||
        (gain[at] ?? 0) - (gain[best] ?? 0) ||
        (harm[best] ?? 0) - (harm[at] ?? 0);
      if (more > 0) best = at;
    }
    return best;
  }
};

const waysToChoose = (n: number, k: number): number => {
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) ways = (ways * (n - i + 1)) / i;
  return ways;
};
