/** Names become part of a request's path: what the engine could never have named is not sent at all. */
export const isContainerRef = (name: string): boolean => /^[A-Za-z0-9][\w.-]*$/.test(name);

export const isImageRef = (reference: string): boolean =>
  /^[A-Za-z0-9][\w.:@/-]*$/.test(reference) && !reference.split('/').includes('..');
