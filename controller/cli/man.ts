import type { Argument, Command, Option } from 'commander';
import { exitCodeTable } from './exit-codes.ts';

/** mlenv.1, from the very program that runs. */
export const manPage = (program: Command, version: string): string => {
  const help = program.createHelp();
  return [
    `.TH MLENV 1 "" "mlenv ${plain(version)}" "User Commands"`,
    '.SH NAME',
    `mlenv \\- keeps containers as mlenv.yaml says`,
    '.SH SYNOPSIS',
    '.B mlenv',
    '[options] COMMAND',
    '.SH DESCRIPTION',
    text(program.description()),
    '.PP',
    text("ENV is NAME inside a project's folder, or PROJECT/NAME anywhere."),
    '.SH OPTIONS',
    ...help.visibleOptions(program).flatMap(optionLines),
    '.SH COMMANDS',
    ...commandsOf(program).flatMap((command) => commandLines(program, command, 'mlenv')),
    '.SH EXIT STATUS',
    ...exitCodeTable.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH FILES',
    '.TP',
    '.I /etc/mlenv/config.yaml',
    "The configuration of the machine's instance.",
    '.TP',
    '.I ~/.config/mlenv/config.yaml',
    "The configuration of a user's own instance.",
    '',
  ].join('\n');
};

const commandLines = (program: Command, command: Command, above: string): readonly string[] => {
  const help = program.createHelp();
  const name = `${above} ${command.name()}`;
  return [
    `.SS "${plain(`${name} ${command.usage()}`)}"`,
    text(`${command.description()}.`),
    ...help.visibleArguments(command).flatMap(argumentLines),
    ...help.visibleOptions(command).flatMap(optionLines),
    ...commandsOf(command).flatMap((each) => commandLines(program, each, name)),
  ];
};

const commandsOf = (command: Command): readonly Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');

const argumentLines = (one: Argument): readonly string[] => [
  '.TP',
  `.I ${plain(one.name())}`,
  text(`${one.description}${choices(one.argChoices)}`),
];

const optionLines = (one: Option): readonly string[] => [
  '.TP',
  `.B ${plain(one.flags)}`,
  text(`${one.description}${choices(one.argChoices)}${preset(one)}`),
];

const choices = (found: readonly string[] | undefined): string =>
  found === undefined ? '' : ` (${found.join(', ')})`;

const preset = ({ defaultValue }: Option): string =>
  typeof defaultValue === 'string' && defaultValue !== '' ? `; default ${defaultValue}` : '';

/** A line of text: one that begins with a point or an apostrophe would be a request. */
const text = (line: string): string => plain(line).replace(/^([.'])/, String.raw`\&$1`);

const plain = (line: string): string =>
  line
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`);
