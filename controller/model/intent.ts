/** Written before an effect, closed after it; one that is open at start-up tells where the last process died. */
export interface Intent {
  readonly id: number;
  readonly projectId: string;
  readonly environment: string;
  readonly effect: string;
  readonly detail: string;
  readonly at: number;
}
