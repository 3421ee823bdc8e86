/** One fault in a user's file, with its place. Lines and columns count from 1. */
export interface Diagnostic {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to do about it; '' where the message says all. */
  readonly hint: string;
  /** The source line, for the caret; '' where there is none. */
  readonly excerpt: string;
  /** How many characters the caret underlines, at least 1. */
  readonly length: number;
}

/** On one line, for a log or an event. */
export const faultText = ({ file, line, column, message }: Diagnostic): string =>
  `${file}:${line}:${column} ${message}`;
