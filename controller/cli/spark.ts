const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One sign a value, newest last, between 0 and `most`; what is not known is a gap. */
export const sparkline = (values: readonly (number | null)[], most: number): string =>
  values
    .map((value) => {
      if (value === null) return ' ';
      const share = most <= 0 ? 0 : Math.min(1, Math.max(0, value / most));
      return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))];
    })
    .join('');
