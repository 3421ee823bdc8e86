import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import type { CounterFiles } from './usage-reader.ts';

const largestBytes = 64 * 1024;

/** One buffer for all of them: the kernel's files are small, and have no size before they are read. */
export const createCounterFiles = (): CounterFiles => {
  const buffer = Buffer.allocUnsafe(largestBytes);
  return {
    text: (path) => {
      let file: number;
      try {
        file = openSync(path, 'r');
      } catch {
        return null;
      }
      try {
        let length = 0;
        for (;;) {
          const read = readSync(file, buffer, length, largestBytes - length, null);
          length += read;
          if (read === 0 || length === largestBytes) return buffer.toString('latin1', 0, length);
        }
      } catch {
        // The group or the process went away in between.
        return null;
      } finally {
        closeSync(file);
      }
    },
    link: (path) => {
      try {
        return readlinkSync(path);
      } catch {
        return null;
      }
    },
  };
};
