import { say, sayJson, type Context } from './context.ts';

export type ReportOutput = 'table' | 'json' | 'csv';

/** One report in the form that was asked for. */
export const printReport = <T extends object>(
  context: Context,
  output: ReportOutput,
  report: T,
  as: { readonly table: (report: T) => string; readonly csv: (report: T) => string },
): void => {
  switch (output) {
    case 'json':
      return sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    case 'csv':
      return context.io.stdout.write(as.csv(report));
    case 'table':
      return say(context, as.table(report));
    default:
      return output satisfies never;
  }
};
