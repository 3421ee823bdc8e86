import type { Argument, Command, Option } from 'commander';
import { exitCodeTable } from '../../controller/cli/exit-codes.ts';
import { buildProgram } from '../../controller/cli/program.ts';
import { policyRules, type PolicyRule } from '../../controller/model/policy.ts';
import { isReason, reasons, tellsOf } from '../../controller/model/reason.ts';
import type { ReasonRow } from '../../controller/model/reason.ts';

/** docs/cli.md, from the very program that runs. */
export const cliReference = (): string => {
  const program = buildProgram({
    io: { stdout: nowhere, stderr: nowhere, version: '' },
    start: () => Promise.resolve(),
  });
  const commands = program.createHelp().visibleCommands(program);
  return [
    '# Command line',
    '',
    '<!-- Generated from controller/cli/. Change that, then run the tests with UPDATE=1. -->',
    '',
    `${program.description()} \`ENV\` is \`NAME\` inside a project's folder, or \`PROJECT/NAME\``,
    'anywhere; where several projects bear the name, the command exits 2 and lists their paths. A',
    '`path` is a folder, or the spec file in it; left out, it is the nearest folder at or above this one',
    'with an `mlenv.yaml`.',
    '',
    ...optionTable(program.createHelp().visibleOptions(program)),
    ...commands
      .filter((command) => command.name() !== 'help')
      .flatMap((command) => section(program, command)),
    '## Exit codes',
    '',
    '| Code | Meaning |',
    '| ---: | --- |',
    ...exitCodeTable.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    '`exec` passes the exit code of its command on.',
    '',
    '## Output for programs',
    '',
    '`-o json` prints one JSON value, described by `schema/status.schema.json`; fields are added, never',
    'renamed. Followed (`status --watch`, `events -f`) it is one value a line. Colours are left out in a',
    'pipe and where `NO_COLOR` is set. Text that a container, an engine or a file supplied is stripped',
    'of control sequences; `logs` and `exec` in a pipe are byte for byte.',
    '',
  ].join('\n');
};

/** docs/reasons.md, from the table that status, conditions and events take their words from. */
export const reasonReference = (): string => {
  const rows = Object.entries<ReasonRow>(reasons);
  return [
    '# Reasons',
    '',
    '<!-- Generated from controller/model/reason.ts. Change that, then run the tests with UPDATE=1. -->',
    '',
    'Every word that may stand as a reason in `mlenv status`, in conditions and in events. A word is',
    'never reused for another meaning.',
    '',
    ...kinds.flatMap(([kind, title]) => [
      `## ${title}`,
      '',
      '| Reason | Meaning | What to do |',
      '| --- | --- | --- |',
      ...rows
        .filter(([, row]) => row.kind === kind)
        .map(([reason, { says, todo }]) => `| \`${reason}\` | ${cell(says)} | ${cell(todo)} |`),
      '',
    ]),
    '## Notices',
    '',
    ...noticeLists(rows.map(([reason]) => reason)),
  ].join('\n');
};

/** What docs/notices.md leaves to the table. */
const noticeLists = (all: readonly string[]): readonly string[] =>
  (['failure', 'pending'] as const).flatMap((tells) => [
    `A \`${tells}\` is ${all
      .filter((reason) => isReason(reason) && tellsOf(reason) === tells)
      .map((reason) => `\`${reason}\``)
      .join(', ')}.`,
    '',
  ]);

/** docs/policy.md, from the table of rules. */
export const policyReference = (): string =>
  [
    '# Policy',
    '',
    '<!-- Generated from controller/model/policy-rules.ts. Change that, then run the tests with UPDATE=1. -->',
    '',
    'What an environment may never ask for, or only where the administrator of the host lets it. A',
    'refusal names the rule: in the file, with line and caret, where the file alone shows it; as',
    '`PolicyRefused` in `mlenv status` where the host’s configuration decides; and at the container',
    'that the engine has made, before it is started. An id is never reused for another rule.',
    '',
    '`mlenv policy test FILE` asks all that can be asked without an engine. What runs already is never',
    'stopped for a rule: it is shown with the condition `Policy`, and refused when it is made anew.',
    '',
    'Every container loses the capabilities NET_RAW, MKNOD and AUDIT_WRITE, and has no-new-privileges.',
    'With `level: strict` it loses all; only where an exception lets it run as root, it keeps those by',
    'which an image gives its files away and becomes another user: CHOWN, DAC_OVERRIDE, FOWNER, SETGID',
    'and SETUID.',
    '',
    '| Rule | What is refused | What to do | Asked | Level | May be opened |',
    '| --- | --- | --- | --- | --- | --- |',
    ...Object.entries<PolicyRule>(policyRules).map(
      ([id, { title, cure, stages, level, opens }]) =>
        `| ${id} | ${cell(title)} | ${cell(cure)} | ${stages.join(', ')} | ${level} | ${opens === 'never' ? 'never' : 'by exception'} |`,
    ),
    '',
    'Asked: `spec` when the file is read; `admission` before a start; `container` of the container that',
    'was made. Level: `baseline` always, `strict` with `policy: { level: strict }` in the',
    '[configuration](config.md#policy).',
    '',
    '## Exceptions',
    '',
    '```yaml',
    'policy:',
    '  exceptions:',
    '    - rule: MLE-SEC-027',
    '      project: /srv/projects/demo # and no other',
    '      until: 2027-01-31 # through the end of that day in UTC',
    '      reason: fair in Hall 3',
    '```',
    '',
    'Each grant that needed one is written to `audit_log`. One that is over counts as none.',
    '',
  ].join('\n');

const kinds: readonly (readonly [ReasonRow['kind'], string])[] = [
  ['good', 'Nothing is wrong'],
  ['progress', 'Work in progress'],
  ['wait', 'Waiting for something that has a name'],
  ['unknown', 'Not known now'],
  ['failure', 'Failures'],
];

/** Of a command, and of the commands in it behind it. */
const section = (program: Command, command: Command, above = 'mlenv'): readonly string[] => {
  const help = program.createHelp();
  const name = `${above} ${command.name()}`;
  const inner = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  return [
    `${above === 'mlenv' ? '##' : '###'} ${name}`,
    '',
    sentence(command.description()),
    '',
    '```text',
    `${name} ${command.usage()}`,
    '```',
    '',
    ...argumentList(help.visibleArguments(command)),
    ...optionTable(help.visibleOptions(command)),
    ...inner.flatMap((each) => section(program, each, name)),
  ];
};

const argumentList = (found: readonly Argument[]): readonly string[] =>
  found.length === 0
    ? []
    : [...found.map((one) => `- \`${one.name()}\`: ${one.description}${choices(one)}`), ''];

const optionTable = (found: readonly Option[]): readonly string[] =>
  found.length === 0
    ? []
    : [
        '| Option | Meaning |',
        '| --- | --- |',
        ...found.map(
          (one) =>
            `| \`${one.flags}\` | ${cell(`${one.description}${choices(one)}${preset(one)}`)} |`,
        ),
        '',
      ];

const choices = ({
  argChoices,
}: {
  readonly argChoices?: readonly string[] | undefined;
}): string =>
  argChoices === undefined ? '' : ` (${argChoices.map((each) => `\`${each}\``).join(', ')})`;

const preset = ({ defaultValue }: Option): string =>
  typeof defaultValue === 'string' && defaultValue !== '' ? `; default \`${defaultValue}\`` : '';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const nowhere = {
  isTTY: false,
  write: () => undefined,
  size: () => null,
  onResize: () => () => undefined,
};
