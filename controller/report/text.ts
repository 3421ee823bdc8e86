/**
 * Text that a container, an engine or a file supplied, made safe to show on a terminal: escape
 * sequences (CSI, OSC, DCS and their kin), C0 and C1 controls are dropped. Line feeds and tabs stay;
 * a lone carriage return, which progress bars use to draw over a line, becomes a line feed.
 */
export const stripControls = (text: string): string => createStripper()(text);

/** The same for what must stay on one line. */
export const oneLine = (text: string): string =>
  stripControls(text)
    .replaceAll(/[\n\t]+/g, ' ')
    .trim();

/**
 * The same for text that comes in pieces: a sequence may be cut anywhere. `keepsColours`: sequences that set colour
 * and weight alone (SGR, digits and semicolons between `ESC [` and `m`) are let through.
 */
export const createStripper = ({
  keepsColours = false,
}: { readonly keepsColours?: boolean } = {}): ((piece: string) => string) => {
  let state: State = 'text';
  let afterReturn = false;
  let sequence = '';
  return (piece) => {
    let shown = '';
    for (const character of piece) {
      const code = character.codePointAt(0) ?? 0;
      // A line always ends a sequence, so that an unfinished one cannot swallow the rest.
      const before: State = code === lineFeed || code === carriageReturn ? 'text' : state;
      state = next(before, code);
      if (state === 'escape') sequence = '';
      // A colour is short: what is longer is no longer one.
      if (keepsColours && sequence.length <= longestColour) sequence += character;
      if (keepsColours && before === 'csi' && state === 'text' && isColour(sequence)) {
        shown += sequence;
      } else if (before === 'text' || (state === 'text' && !ends(before, code))) {
        if (afterReturn && code !== lineFeed) shown += '\n';
        shown += isShown(code) ? character : '';
        afterReturn = code === carriageReturn;
      }
    }
    return shown;
  };
};

const longestColour = 64;

const isColour = (sequence: string): boolean =>
  sequence.startsWith(`${String.fromCodePoint(escape)}[`) && /^[0-9;]*m$/.test(sequence.slice(2));

type State = 'text' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string-escape';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const escape = 0x1b;
const bell = 0x07;
const stringTerminator = 0x9c;

const next = (state: State, code: number): State => {
  switch (state) {
    case 'text':
      return fromText(code);
    case 'escape':
      if (code === 0x5b) return 'csi';
      if (isStringStart(code + 0x40)) return 'string';
      if (code >= 0x20 && code <= 0x2f) return 'intermediate';
      return code >= 0x30 && code <= 0x7e ? 'text' : fromText(code);
    case 'intermediate':
      if (code >= 0x20 && code <= 0x2f) return 'intermediate';
      return code >= 0x30 && code <= 0x7e ? 'text' : fromText(code);
    case 'csi':
      if (code >= 0x20 && code <= 0x3f) return 'csi';
      return code >= 0x40 && code <= 0x7e ? 'text' : fromText(code);
    case 'string':
      if (code === escape) return 'string-escape';
      return code === bell || code === stringTerminator ? 'text' : 'string';
    case 'string-escape':
      // ESC \ ends the string; any other escape cuts it short and begins anew.
      return code === 0x5c ? 'text' : next('escape', code);
    default:
      return state satisfies never;
  }
};

const fromText = (code: number): State => {
  if (code === escape) return 'escape';
  if (code === 0x9b) return 'csi';
  return isStringStart(code) ? 'string' : 'text';
};

/** Whether this character belongs to the sequence that it ends, and is not text of its own. */
const ends = (before: State, code: number): boolean => {
  switch (before) {
    case 'escape':
    case 'intermediate':
    case 'string-escape':
      return code >= 0x30 && code <= 0x7e;
    case 'csi':
      return code >= 0x40 && code <= 0x7e;
    case 'string':
      return true;
    case 'text':
      return false;
    default:
      return before satisfies never;
  }
};

/** DCS, SOS, OSC, PM and APC, in their one-character (C1) form. */
const isStringStart = (code: number): boolean =>
  code === 0x90 || code === 0x98 || code === 0x9d || code === 0x9e || code === 0x9f;

const isShown = (code: number): boolean =>
  code === lineFeed || code === 0x09 || (code >= 0x20 && code < 0x7f) || code >= 0xa0;
