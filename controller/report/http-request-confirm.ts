import type { ConfirmRequest } from '../model/api.ts';
import { object, optionalText, text } from './http-request.ts';

export const confirmOf = (value: unknown): ConfirmRequest => ({
  ...thawOf(value),
  user: optionalText(object(value, 'body'), 'user'),
});

export const thawOf = (value: unknown): { readonly by: string } => ({
  by: text(object(value, 'body'), 'by'),
});
