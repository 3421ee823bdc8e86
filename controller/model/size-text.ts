/** `11.8 GB`; MB where GB would say little or 0. */
export const sizeText = (bytes: number): string =>
  bytes < 2 ** 30 / 10
    ? `${Math.round(bytes / 2 ** 20)} MB`
    : `${Math.round((bytes / 2 ** 30) * 10) / 10} GB`;
