import type { Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/**
 * What may stand where the last of these words is being typed. None: the shell offers files.
 * The words are those behind `mlenv`.
 */
export const candidates = async (
  program: Command,
  words: readonly string[],
  environments: () => Promise<readonly string[]>,
): Promise<readonly Candidate[]> => {
  const current = words.at(-1) ?? '';
  const place = placeOf(program, words.slice(0, -1));
  if (place === null) return [];
  const found = await offered(program, place, { current, environments });
  return found.filter(({ value }) => value.startsWith(current));
};

interface Place {
  readonly command: Command;
  /** Positional words before this one. */
  readonly given: number;
  /** The option whose value is being typed. */
  readonly option: Option | null;
}

/** null: behind `--`, or behind a command that there is not. */
const placeOf = (program: Command, before: readonly string[]): Place | null => {
  let command = program;
  let given = 0;
  let option: Option | null = null;
  for (const word of before) {
    if (option !== null) option = null;
    else if (word === '--') return null;
    else if (word.startsWith('-')) option = takesNext(optionsOf(program, command), word);
    else if (command !== program) given += 1;
    else {
      const named = visibleCommands(program).find((each) => each.name() === word);
      if (named === undefined) return null;
      command = named;
    }
  }
  return { command, given, option };
};

const takesNext = (options: readonly Option[], word: string): Option | null => {
  const found = options.find(({ long, short }) => long === word || short === word);
  return found !== undefined && (found.required || found.optional) ? found : null;
};

const offered = async (
  program: Command,
  { command, given, option }: Place,
  asked: {
    readonly current: string;
    readonly environments: () => Promise<readonly string[]>;
  },
): Promise<readonly Candidate[]> => {
  const { current, environments } = asked;
  if (option !== null)
    return option.long === '--environment' ? plain(await environments()) : plain(option.argChoices);
  if (current.startsWith('-'))
    return optionsOf(program, command).map(({ long, short, description }) => ({
      value: long ?? short ?? '',
      about: description,
    }));
  if (command === program || command.name() === 'help') return commandsOf(program);
  const argument = command.registeredArguments[given];
  if (argument === undefined) return [];
  return argument.name() === 'ENV' ? plain(await environments()) : plain(argument.argChoices);
};

const plain = (values: readonly string[] | undefined): readonly Candidate[] =>
  (values ?? []).map((value) => ({ value, about: '' }));

const commandsOf = (program: Command): readonly Candidate[] =>
  visibleCommands(program).map((each) => ({ value: each.name(), about: each.description() }));

const visibleCommands = (program: Command): readonly Command[] =>
  program.createHelp().visibleCommands(program);

const optionsOf = (program: Command, command: Command): readonly Option[] => {
  const help = program.createHelp();
  const own = help.visibleOptions(command);
  return command === program ? own : [...own, ...help.visibleOptions(program)];
};
