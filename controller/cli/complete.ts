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
    else {
      const named =
        given > 0 ? undefined : visibleCommands(command).find((each) => each.name() === word);
      if (named === undefined && command === program) return null;
      if (named === undefined) given += 1;
      command = named ?? command;
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
  if (command.name() === 'help') return commandsOf(program);
  if (given === 0 && command.commands.length > 0) return commandsOf(command);
  const argument = command.registeredArguments[given];
  if (argument === undefined) return [];
  return argument.name() === 'ENV' ? plain(await environments()) : plain(argument.argChoices);
};

const plain = (values: readonly string[] | undefined): readonly Candidate[] =>
  (values ?? []).map((value) => ({ value, about: '' }));

const commandsOf = (command: Command): readonly Candidate[] =>
  visibleCommands(command).map((each) => ({ value: each.name(), about: each.description() }));

const visibleCommands = (command: Command): readonly Command[] =>
  command.createHelp().visibleCommands(command);

const optionsOf = (program: Command, command: Command): readonly Option[] => {
  const help = program.createHelp();
  const own = help.visibleOptions(command);
  return command === program ? own : [...own, ...help.visibleOptions(program)];
};
