import type { UserWish } from '../controller/model/environment.ts';
import { fault, fieldName, partName, type Fault, type Path } from './fault.ts';
import { quoted } from './safe-text.ts';
import type { SpecArgv, SpecText } from './types.generated.ts';
import { parseCpus, parseDuration, parseSize } from './units.ts';
import { splitWords } from './words.ts';

/** Takes a fault; what could not be read is replaced by something harmless that nobody gets to see. */
export type Report = (fault: Fault) => void;

export interface Range {
  readonly min: number;
  readonly max: number;
  /** As a person writes them. */
  readonly says: string;
}

export const sizeOf = (text: string, path: Path, range: Range, report: Report): number => {
  const bytes = parseSize(text);
  if (bytes !== null && bytes >= range.min && bytes <= range.max) return bytes;
  report(rangeFault(path, text, range));
  return range.min;
};

export const durationOf = (text: string, path: Path, range: Range, report: Report): number => {
  const ms = parseDuration(text);
  if (ms !== null && ms >= range.min && ms <= range.max) return ms;
  report(rangeFault(path, text, range));
  return range.min;
};

export const cpusOf = (value: number | string, path: Path, report: Report): number => {
  const cpus = parseCpus(value);
  if (cpus !== null && cpus <= 4096) return cpus;
  report(fault('E_RANGE', path, { message: `${fieldName(path)} must be 0.01 to 4096` }));
  return 1;
};

export const argvOf = (argv: SpecArgv, path: Path, report: Report): readonly string[] => {
  if (typeof argv !== 'string') {
    const words = argv.map(textOf);
    for (const [index, word] of words.entries()) refuseNul(word, [...path, index], report);
    return words;
  }
  refuseNul(argv, path, report);
  const split = splitWords(argv);
  if (split.ok) return split.words;
  const message = `${fieldName(path)} ${split.message}`;
  report(fault('E_COMMAND', path, { message, hint: 'mend it, or write a list of words' }));
  return [];
};

export const textOf = (value: SpecText): string => String(value);

export const refuseNul = (text: string, path: Path, report: Report): void => {
  if (!text.includes('\0')) return;
  report(fault('E_FORMAT', path, { message: `${fieldName(path)} has a NUL character` }));
};

export const userOf = (value: string | number, path: Path, report: Report): UserWish => {
  if (value === 'host' || value === 'image') return { kind: value };
  const [uid = Number.NaN, gid = uid] = String(value).split(':').map(Number);
  if (!(uid <= maxId && gid <= maxId)) {
    const message = `${fieldName(path)} cannot be ${quoted(String(value))}`;
    report(fault('E_RANGE', path, { message, hint: `ids are 0 to ${maxId}` }));
  }
  return { kind: 'ids', uid, gid };
};

const maxId = 4_294_967_294;

const rangeFault = (path: Path, text: string, range: Range): Fault =>
  fault('E_RANGE', path, {
    message: `${partName(path)} cannot be ${quoted(text)}`,
    hint: `it must be ${range.says}`,
  });
