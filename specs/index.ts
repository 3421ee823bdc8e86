export type { Diagnostic } from '../controller/model/diagnostic.ts';
export type {
  Environment,
  ProjectWish,
  RawEnvironment,
  ResolvedEnvironment,
} from '../controller/model/environment.ts';
export { codes, type Code } from './codes.ts';
export { nodeSpecFiles, type SpecFiles } from './files.ts';
export {
  lockFileName,
  lockText,
  readLock,
  type Lock,
  type LockEntry,
  type LockRead,
} from './lock.ts';
export { parseSpec } from './parse.ts';
export { formatAnnotation, formatDiagnostic, inOrder } from './point.ts';
export { policyFault } from './policy.ts';
export {
  faultsAt,
  projectNameOf,
  readProject,
  type ProjectPlace,
  type ProjectRead,
  type ReadableEnvironment,
} from './project.ts';
export { createSpecReader, readFolder, specFileName } from './reader.ts';
export { inFolder } from './resolve-mounts.ts';
export { templateNames, templateText, type TemplateName } from './templates.ts';
export type * from './types.generated.ts';
export { validateEnvironment, validateFile } from './validate.ts';
