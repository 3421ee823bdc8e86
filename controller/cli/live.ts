import type { CliOutput } from './io.ts';

export interface LiveBlock {
  draw(lines: readonly string[]): void;
}

/** Lines at the end of a terminal that are drawn over. None is longer than the terminal is wide. */
export const liveBlock = (output: CliOutput): LiveBlock => {
  let drawn: readonly string[] = [];
  return {
    draw: (lines) => {
      const columns = output.size()?.columns ?? 80;
      const fitting = lines.map((line) => fit(line, columns - 1));
      if (fitting.join('\n') === drawn.join('\n')) return;
      const back = drawn.length === 0 ? '' : `\u001B[${drawn.length}A\r\u001B[J`;
      output.write(`${back}${fitting.map((line) => `${line}\n`).join('')}`);
      drawn = fitting;
    },
  };
};

/** Cuts by what is seen: our own colours are kept whole and take no room. */
export const fit = (line: string, columns: number): string => {
  let room = columns;
  let cut = '';
  for (const [part, colour] of line.matchAll(colourOrLetter)) {
    if (colour === undefined && room === 0) continue;
    if (colour === undefined) room -= 1;
    cut += part;
  }
  return cut;
};

// oxlint-disable-next-line no-control-regex
const colourOrLetter = /(\u001B\[[0-9;]*m)|./gsu;
