/**
 * Just enough of a scanner to judge TypeScript source by its words: comments become blanks, and
 * strings too where asked for. What stands in `${…}` of a template is kept, as it is code.
 */
export const blank = (source: string, options: { readonly strings: boolean }): string => {
  let out = '';
  let at = 0;
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let braces = 0;
  const keep = (end: number): void => {
    out += source.slice(at, end);
    at = end;
  };
  const drop = (end: number): void => {
    out += source.slice(at, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  };
  const text = (end: number): void => (options.strings ? drop(end) : keep(end));
  const template = (): void => {
    const end = endOfTemplate(source, at);
    text(end);
    if (source.startsWith('${', end)) {
      keep(end + 2);
      templates.push(braces);
      braces += 1;
    } else keep(end + 1);
  };

  while (at < source.length) {
    const char = source.charAt(at);
    if (source.startsWith('//', at)) drop(endOf(source, '\n', at));
    else if (source.startsWith('/*', at)) drop(endOf(source, '*/', at) + 2);
    else if (char === "'" || char === '"') text(endOfString(source, at));
    else if (char === '`') {
      keep(at + 1);
      template();
    } else if (char === '/' && beginsRegex(out)) text(endOfRegex(source, at));
    else if (char === '}' && templates.at(-1) === braces - 1) {
      templates.pop();
      braces -= 1;
      keep(at + 1);
      template();
    } else {
      if (char === '{') braces += 1;
      if (char === '}') braces -= 1;
      keep(at + 1);
    }
  }
  return out;
};

/** What a file imports, in whatever form; a dynamic import of something computed is `null`. */
export const importsOf = (source: string): readonly (string | null)[] => {
  const code = blank(source, { strings: false });
  return [
    ...matches(code, /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g),
    // A statement of its own: a text may end in this word.
    ...matches(code, /(?:^|;)\s*import\s*['"]([^'"]+)['"]/gm),
    ...matches(code, /\b(?:import|require)\s*\(\s*(?:['"]([^'"]+)['"]\s*\)|[^)])/g),
  ];
};

const matches = (code: string, pattern: RegExp): readonly (string | null)[] =>
  [...code.matchAll(pattern)].map((match) => match[1] ?? null);

const endOf = (source: string, what: string, from: number): number => {
  const at = source.indexOf(what, from);
  return at === -1 ? source.length : at;
};

const endOfString = (source: string, from: number): number => {
  const quote = source.charAt(from);
  let at = from + 1;
  while (at < source.length && source.charAt(at) !== quote)
    at += source.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
};

const endOfTemplate = (source: string, from: number): number => {
  let at = from;
  while (at < source.length && source.charAt(at) !== '`' && !source.startsWith('${', at)) {
    at += source.charAt(at) === '\\' ? 2 : 1;
  }
  return at;
};

const endOfRegex = (source: string, from: number): number => {
  let inClass = false;
  let at = from + 1;
  for (; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) break;
  }
  return at + 1;
};

/** A slash divides after a value, and begins an expression after anything else. */
const beginsRegex = (before: string): boolean =>
  /(?:^|[=(,:;[!&|?{}+\-*%<>~^]|\b(?:return|typeof|case|of|in))\s*$/.test(before.slice(-200));
