import type { EnvironmentKey } from './key.ts';
import type { GenerationRecord, SourceRecord } from './record.ts';

export interface SourceTable {
  get(name: string): SourceRecord | null;
  all(): readonly SourceRecord[];
  /** Writes the row where it is missing. */
  update(name: string, patch: Partial<Omit<SourceRecord, 'name'>>): void;
  remove(name: string): void;
}

/** History: what each environment was, and how it ended. A trigger keeps `outcome`. */
export interface GenerationTable {
  /** Again, it is replaced. The last hundred of an environment stay. */
  begin(generation: GenerationRecord): void;
  /** The image by its digest that it came to. */
  pinned(key: EnvironmentKey, generation: number, image: string): void;
  /** Newest first. */
  ofProject(projectId: string, limit: number): readonly GenerationRecord[];
  of(key: EnvironmentKey, generation: number): GenerationRecord | null;
}
