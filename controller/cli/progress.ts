import type { StatusItem } from '../model/api.ts';
import { isReason, reasons } from '../model/reason.ts';
import { oneLine } from '../report/text.ts';
import type { CliIo } from './io.ts';
import { liveBlock } from './live.ts';
import { painter } from './style.ts';
import type { Colour } from './style.ts';

export interface Progress {
  show(items: readonly StatusItem[]): void;
}

/** On a terminal one line an environment, drawn over; in a pipe one line a change of phase or reason. */
export const progressOf = (io: CliIo): Progress => {
  const paint = painter(io.env, io.stdout);
  const lineOf = (item: StatusItem, width: number): string => {
    const { reason, message, environment } = item;
    const words = oneLine(message) || (isReason(reason) ? reasons[reason].says : '');
    return `${environment.padEnd(width)}  ${paint(colourOf(reason), reason)}  ${words}`.trimEnd();
  };
  if (io.stdout.isTTY) {
    const block = liveBlock(io.stdout);
    return { show: (items) => block.draw(items.map((item) => lineOf(item, widest(items)))) };
  }
  const shown = new Map<string, string>();
  return {
    show: (items) => {
      for (const item of items) {
        const key = `${item.projectId}/${item.environment}`;
        const state = `${item.phase} ${item.reason}`;
        if (shown.get(key) === state) continue;
        shown.set(key, state);
        io.stdout.write(`${lineOf(item, widest(items))}\n`);
      }
    },
  };
};

export const colourOf = (reason: string): Colour =>
  isReason(reason) ? kindColour[reasons[reason].kind] : 'dim';

const kindColour = {
  good: 'green',
  progress: 'cyan',
  wait: 'yellow',
  unknown: 'yellow',
  failure: 'red',
} as const satisfies Record<string, Colour>;

const widest = (items: readonly StatusItem[]): number =>
  Math.max(0, ...items.map(({ environment }) => environment.length));
