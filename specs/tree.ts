import type { Path } from './fault.ts';
import type { Span } from './point.ts';

/** A YAML document as plain data, every part of which knows where it stands in the text. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
  readonly span: Span;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly span: Span;
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it stands in the text, without quotes. */
  readonly text: string;
  readonly span: Span;
}

/** Maps become objects without a prototype, so that `__proto__` is a key like any other. */
export const toValue = (tree: Tree): unknown => {
  switch (tree.kind) {
    case 'map': {
      const value: Record<string, unknown> = Object.create(null);
      for (const entry of tree.entries) value[entry.key] = toValue(entry.value);
      return value;
    }
    case 'list':
      return tree.items.map(toValue);
    case 'scalar':
      return tree.value;
    default:
      return tree satisfies never;
  }
};

export const child = (tree: Tree | undefined, part: string | number): Tree | undefined => {
  if (tree?.kind === 'map') return tree.entries.find((entry) => entry.key === part)?.value;
  if (tree?.kind === 'list' && typeof part === 'number') return tree.items[part];
  return undefined;
};

export const find = (tree: Tree, path: Path): Tree | undefined =>
  path.reduce<Tree | undefined>((at, part) => child(at, part), tree);

/** The place of `path`; where the tree ends before it does, that of the last key that is there. */
export const spanOf = (tree: Tree, path: Path, at: 'key' | 'value'): Span => {
  let here: Tree = tree;
  let key: Span | null = null;
  for (const part of path) {
    const next = child(here, part);
    if (next === undefined) return key ?? startOf(here.span);
    key = here.kind === 'map' ? keySpan(here, part) : next.span;
    here = next;
  }
  if (at === 'key' && key !== null) return key;
  // An empty value has no text of its own: its key is what a reader can see.
  return here.span.end > here.span.start ? here.span : (key ?? here.span);
};

const keySpan = (map: MapTree, part: string | number): Span | null =>
  map.entries.find((entry) => entry.key === part)?.keySpan ?? null;

const startOf = ({ start }: Span): Span => ({ start, end: start + 1 });
