/** How a pass over one key ended. One switch in controller.ts turns it into what happens next. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'lookAgain'; readonly afterMs: number }
  /** Nothing is wrong, but something has to come first; `afterMs` null: its arrival rings by itself. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly afterMs: number | null }
  /** Tried again after a growing delay, of `atLeastMs` or more. */
  | { readonly kind: 'retry'; readonly message: string; readonly atLeastMs?: number }
  /** Trying again cannot help; only a new trigger brings the key back. */
  | { readonly kind: 'terminal'; readonly message: string };

export type OutcomeKind = Outcome['kind'];
