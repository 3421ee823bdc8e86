import { folderPattern } from './folder-pattern.ts';

/** Whether a project that is found in a watched folder starts by itself, or after one `mlenv up`. */
export type Start = 'automatic' | 'onFirstUp';

export interface StartConfig {
  /** Where no root says otherwise. */
  readonly usual: Start;
  /** The watched folders; null: as is usual. */
  readonly roots: readonly { readonly pattern: string; readonly start: Start | null }[];
}

/** Of a project in this folder. */
export const startOf = (config: StartConfig, folder: string): Start =>
  startSaidOf(config, folder) ?? config.usual;

/** As the watched folder that lies nearest has it; null: none of them holds it. */
export const startSaidOf = ({ usual, roots }: StartConfig, folder: string): Start | null => {
  let nearest = -1;
  let start: Start | null = null;
  for (const root of roots) {
    const { base, holds } = folderPattern(root.pattern);
    if (base.length <= nearest || !holds(folder)) continue;
    nearest = base.length;
    start = root.start ?? usual;
  }
  return start;
};
