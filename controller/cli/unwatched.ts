import { reasons } from '../model/reason.ts';

/** Said wherever a process that ends was the one that reconciled. */
export const unwatched = `Unwatched: ${reasons.Unwatched.says} Next: ${reasons.Unwatched.todo}`;
