export interface ReasonRow {
  readonly kind: 'good' | 'progress' | 'wait' | 'unknown' | 'failure';
  readonly says: string;
  readonly todo: string;
}
