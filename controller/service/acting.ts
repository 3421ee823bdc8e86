import type { FolderIdentity } from '../model/ports.ts';
import type { ProjectRecord } from '../model/record.ts';
import type { Core } from '../reconcile/core.ts';

/** The core, for one who asks. */
export interface Acting extends Core {
  /** null: not known, as in a test. */
  readonly uid: number | null;
  /**
   * Throws ApiError 'refused' where the folder that was named by this path, or the project known in it, is not
   * theirs; in the same words where there is none (null).
   */
  readonly mayUse: (
    path: string,
    folder: FolderIdentity | null,
    project: ProjectRecord | null,
  ) => void;
}
