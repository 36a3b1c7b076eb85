/** The next byte offset that a cache line begins at; vectors then lie in one line too. */
export const aligned = (offset: number): number => (offset + 63) & ~63;
