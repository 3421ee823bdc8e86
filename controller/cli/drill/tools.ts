import type { ListedImage } from '../../model/catalogue.ts';

/** What a drill needs beside the API: a hand at the engine that is none of MLEnv's, and the database as a file. */
export interface DrillTools {
  /** The engine itself; a text: why this user may not use it. */
  readonly engine: DrillEngine | string;
  /** Copies the database, loses the copy, restores it from its backup, and looks for the project in it. */
  restoreCopy(of: {
    /** Where the instance that answers has its database. */
    readonly stateDir: string;
    readonly projectPath: string;
  }): Promise<CopyRestored>;
  close(): void;
}

export interface DrillEngine {
  images(): Promise<readonly ListedImage[]>;
  /** As `docker kill` does. Throws ApiError. */
  kill(containerId: string): Promise<void>;
  /** Containers, networks and volumes that bear the project's id. Throws ApiError. */
  leftovers(projectId: string): Promise<readonly string[]>;
}

/** `skipped`: nobody but its owner may read the database. */
export interface CopyRestored {
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly message: string;
}
