import type { ServerResponse } from 'node:http';
import type { RequestKind } from './request-gate.ts';

/**
 * Cuts off readers that take nothing of what waits for them: an answer is held in memory for as long as
 * its reader lives.
 */
export const cutStalled = (options: {
  readonly now: () => number;
  readonly stalledMs: number;
  readonly stalledStreamMs: number;
  readonly checkEveryMs: number;
}): {
  readonly watch: (outgoing: ServerResponse, kind: RequestKind) => void;
  readonly stop: () => void;
} => {
  const { now, stalledMs, stalledStreamMs, checkEveryMs } = options;
  const open = new Map<ServerResponse, Reading>();
  const check = (): void => {
    for (const [outgoing, reading] of open) {
      const bytes = outgoing.socket?.bytesWritten ?? 0;
      const waits = (outgoing.socket?.writableLength ?? 0) > 0 || outgoing.writableNeedDrain;
      if (!waits || bytes !== reading.bytes) {
        open.set(outgoing, { ...reading, bytes, since: now() });
      } else if (now() - reading.since >= reading.limitMs) {
        outgoing.destroy();
      }
    }
  };
  const timer = setInterval(check, checkEveryMs);
  timer.unref();
  return {
    watch: (outgoing, kind) => {
      const limitMs = kind === 'stream' ? stalledStreamMs : stalledMs;
      open.set(outgoing, { bytes: -1, since: now(), limitMs });
      outgoing.once('close', () => open.delete(outgoing));
    },
    stop: () => clearInterval(timer),
  };
};

interface Reading {
  /** That had gone to the kernel at the last look. */
  readonly bytes: number;
  readonly since: number;
  readonly limitMs: number;
}
