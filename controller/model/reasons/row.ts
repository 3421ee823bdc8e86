export interface ReasonRow {
  readonly kind: 'good' | 'progress' | 'wait' | 'unknown' | 'failure';
  readonly says: string;
  readonly todo: string;
  /** What notices make of it, where that does not follow from the kind: `tellsOf` reads it. */
  readonly tells?: Tells;
}

/**
 * - `failure`: somebody should know, and is told once.
 * - `pending`: somebody has to decide.
 * - `well`: a failure before it is over.
 * - `nothing`: neither begins nor ends a failure.
 */
export type Tells = 'failure' | 'pending' | 'well' | 'nothing';
