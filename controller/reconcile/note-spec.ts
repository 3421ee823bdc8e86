import type { Diagnostic } from '../model/diagnostic.ts';
import { folderOf, type ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';

/** A file's faults, in the record and told once. */
export const noteSpec = (
  { store, clock }: Deps,
  project: ProjectRecord,
  diagnostics: readonly Diagnostic[],
): void => {
  const specError = JSON.stringify(diagnostics);
  if (project.specError === specError) return;
  const [first] = diagnostics;
  store.transaction(() => {
    store.projects.update(project.id, { specError });
    store.events.add({
      at: clock.now(),
      type: 'Warning',
      reason: 'SpecInvalid',
      message:
        first === undefined
          ? 'the file has a fault'
          : `${first.file}:${first.line}:${first.column} ${first.message}${diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''}`,
      projectId: project.id,
      environment: null,
    });
  });
};

export const unreadable = (project: ProjectRecord, message: string): Diagnostic => ({
  code: 'E_UNREADABLE',
  file: `${folderOf(project)}/mlenv.yaml`,
  line: 1,
  column: 1,
  message,
  hint: 'nothing is changed until it can be read',
  excerpt: '',
  length: 1,
});
