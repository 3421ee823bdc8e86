/**
 * Text of a user, made fit for a terminal: each control character, and each one that changes the
 * direction of writing, becomes one blank, so that columns stay what they are.
 */
export const safeText = (text: string, maxLength = Number.POSITIVE_INFINITY): string => {
  const clean = text.replace(unsafe, ' ');
  if (clean.length <= maxLength) return clean;
  const letters = Array.from(clean);
  return letters.length <= maxLength ? clean : `${letters.slice(0, maxLength - 1).join('')}…`;
};

/** In double quotes, short enough for a message. */
export const quoted = (text: string): string => `"${safeText(text, 60)}"`;

const unsafe = /[\p{Cc}\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]|\p{Cs}/gu;
