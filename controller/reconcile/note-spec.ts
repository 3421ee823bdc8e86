import { shortRevision } from '../model/git.ts';
import { faultText, type Diagnostic } from '../model/diagnostic.ts';
import { folderOf, type ProjectRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';
import { noteProject } from './trouble.ts';

/** The file has these faults, which is told once while they are the same. */
export const noteSpec = (
  deps: Deps,
  project: ProjectRecord,
  diagnostics: readonly Diagnostic[],
): void => {
  const { store, clock } = deps;
  const specError = JSON.stringify(diagnostics);
  if (project.specError === specError) return;
  const [first] = diagnostics;
  const message =
    first === undefined
      ? 'the file has a fault'
      : `${faultText(first)}${diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''}`;
  store.transaction(() => {
    store.projects.update(project.id, { specError });
    const of = project.revision === '' ? '' : ` (commit ${shortRevision(project.revision)})`;
    noteProject(deps, project, { reason: 'SpecInvalid', message: `${message}${of}` });
    store.events.add({
      at: clock.now(),
      type: 'Warning',
      reason: 'SpecInvalid',
      message,
      projectId: project.id,
      environment: null,
    });
  });
};

/** A file that cannot be read is no fault of its text. */
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
