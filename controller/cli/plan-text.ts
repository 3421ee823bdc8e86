import type { PlannedEnvironment, ProjectPlan } from '../model/api.ts';
import { oneLine } from '../report/text.ts';
import type { Colour } from './style.ts';

/** The plan as `plan` and `up` print it. */
export const planText = (plan: ProjectPlan, paint: Paint): string => {
  const head = `${paint('bold', oneLine(plan.project))} (${oneLine(plan.projectPath)})`;
  if (plan.environments.length === 0) return `${head}\n  no environments`;
  return [head, ...plan.environments.flatMap((one) => environmentLines(one, paint))].join('\n');
};

export type Paint = (colour: Colour, text: string) => string;

/** What a recreate throws away: the container's own, unmounted files. */
export const lossText = (loss: PlannedEnvironment['wouldLose']): string | null => {
  if (loss === null || loss.total === 0) return null;
  const named = loss.paths.map(oneLine).join(', ');
  const more = loss.total > loss.paths.length ? `, … (${loss.total} in all)` : '';
  return `A recreate loses these of the container's own files: ${named}${more}`;
};

export const changeText = (change: PlannedEnvironment['changes'][number]): string =>
  `${change.field}: ${oneLine(change.from)} -> ${oneLine(change.to)} (${change.how})`;

const environmentLines = (one: PlannedEnvironment, paint: Paint): readonly string[] => {
  if (one.inSync) return [`  ${one.environment}: ${paint('green', 'nothing to do')}`];
  const loss = lossText(one.wouldLose);
  return [
    `  ${paint('bold', one.environment)}:`,
    ...one.explanation.map((line) => `    ${oneLine(line)}`),
    ...one.changes.map((change) => `    ${paint('cyan', '~')} ${changeText(change)}`),
    ...(loss === null ? [] : [`    ${paint('yellow', '!')} ${loss}`]),
    ...(one.needsApproval
      ? [
          `    ${paint('yellow', '!')} It runs, so this waits for up or mlenv approve ${one.environment}`,
        ]
      : []),
  ];
};
