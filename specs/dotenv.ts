/** A fault of an environment file. It never shows the line: that may hold a secret. */
export interface EnvFileFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Reads `KEY=VALUE` lines: `export` before the key is skipped, 'single quotes' keep everything,
 * "double quotes" know \n \r \t \" \\ and \$, ` #` begins a comment behind an unquoted value. Nothing
 * is replaced in values. A key that comes again wins.
 */
export const readDotenv = (
  bytes: Uint8Array,
): {
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly EnvFileFault[];
} => {
  const values = new Map<string, string>();
  const faults: EnvFileFault[] = [];
  const text = decode(bytes);
  if (text === null) {
    faults.push({ line: 1, column: 1, message: 'not clean UTF-8 text' });
    return { values, faults };
  }
  for (const [index, raw] of text.split('\n').entries()) {
    const read = readLine(raw.replace(/\r$/, ''));
    if (read === null) continue;
    if (read.kind === 'fault') {
      faults.push({ line: index + 1, column: read.column, message: read.message });
    } else {
      values.set(read.key, read.value);
    }
  }
  return { values, faults };
};

type Line =
  | { readonly kind: 'pair'; readonly key: string; readonly value: string }
  | { readonly kind: 'fault'; readonly column: number; readonly message: string };

const readLine = (line: string): Line | null => {
  const start = line.length - line.trimStart().length;
  const body = line.trim();
  if (body === '' || body.startsWith('#')) return null;
  const head = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/.exec(body);
  if (head === null) return { kind: 'fault', column: start + 1, message: 'not KEY=VALUE' };
  const key = head[1] ?? '';
  const rest = body.slice(head[0].length);
  const column = start + head[0].length + 1;
  const quote = rest.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const comment = rest.search(/(?:^|[ \t])#/);
    const value = comment < 0 ? rest : rest.slice(0, comment).trimEnd();
    return { kind: 'pair', key, value };
  }
  const end = closing(rest, quote);
  if (end < 0) return { kind: 'fault', column, message: `a ${quote} that is not closed` };
  if (!/^[ \t]*(#.*)?$/.test(rest.slice(end + 1))) {
    return { kind: 'fault', column: column + end + 1, message: 'text behind the closing quote' };
  }
  const inner = rest.slice(1, end);
  return { kind: 'pair', key, value: quote === '"' ? unescape(inner) : inner };
};

const closing = (text: string, quote: string): number => {
  for (let i = 1; i < text.length; i += 1) {
    if (text[i] === '\\' && quote === '"') i += 1;
    else if (text[i] === quote) return i;
  }
  return -1;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const unescape = (text: string): string =>
  text.replace(/\\([nrt"\\$])/g, (_, letter: string) => escapes[letter] ?? letter);

const decode = (bytes: Uint8Array): string | null => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
};
