/**
 * A strict reader of the text format of Prometheus, written from its description and from nothing of ours: it
 * throws at whatever a scrape would refuse, and at families that are torn apart or samples that come twice.
 */
export interface ReadFamily {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const readExposition = (text: string): readonly ReadFamily[] => {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families: { name: string; kind: string; help: string; samples: ReadSample[] }[] = [];
  const seen = new Set<string>();
  let help: { readonly name: string; readonly text: string } | null = null;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, of, rest] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (help !== null) throw new Error(`two HELP in a row: ${line}`);
      help = { name: of ?? '', text: unescaped(rest ?? '', /\\(.)/g, 'n\\') };
    } else if (word === 'TYPE') {
      if (help === null || help.name !== of) throw new Error(`TYPE without its HELP: ${line}`);
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest ?? '')) throw new Error(line);
      if (families.some(({ name }) => name === of)) throw new Error(`${of} comes twice`);
      families.push({ name: of, kind: rest ?? '', help: help.text, samples: [] });
      help = null;
    } else {
      const family = families.at(-1);
      if (family === undefined || help !== null) throw new Error(`a sample of nothing: ${line}`);
      const sample = sampleOf(line);
      const suffix = family.kind === 'histogram' ? '(_bucket|_sum|_count)' : '';
      if (!new RegExp(`^${family.name}${suffix}$`).test(sample.name)) {
        throw new Error(`${sample.name} stands among ${family.name}`);
      }
      const identity = `${sample.name}${JSON.stringify(
        Object.keys(sample.labels)
          .toSorted()
          .map((label) => [label, sample.labels[label]]),
      )}`;
      if (seen.has(identity)) throw new Error(`comes twice: ${line}`);
      seen.add(identity);
      family.samples.push(sample);
    }
  }
  if (help !== null) throw new Error(`HELP without TYPE: ${help.name}`);
  for (const { name, samples } of families) if (samples.length === 0) throw new Error(name);
  return families;
};

const sampleOf = (line: string): ReadSample => {
  const [, name, labels, number] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || number === undefined) throw new Error(`no sample: ${line}`);
  return { name, labels: labelsOf(labels ?? '', line), value: valueOf(number, line) };
};

const labelsOf = (text: string, line: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole, label, value] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === undefined || label === undefined) throw new Error(`labels of ${line}`);
    if (label.startsWith('__') || label in labels) throw new Error(`${label} in ${line}`);
    labels[label] = unescaped(value ?? '', /\\(.)/g, 'n\\"');
    rest = rest.slice(whole.length);
  }
  return labels;
};

const unescaped = (text: string, pattern: RegExp, known: string): string =>
  text.replace(pattern, (_, character: string) => {
    if (!known.includes(character)) throw new Error(`\\${character} is no escape`);
    return character === 'n' ? '\n' : character;
  });

const valueOf = (text: string, line: string): number => {
  if (text === 'NaN') return Number.NaN;
  if (/^[+-]Inf$/.test(text)) return text === '+Inf' ? Infinity : -Infinity;
  if (!/^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw new Error(`value of ${line}`);
  return Number(text);
};
