/** How the pixels of a frame are written; the index is the number in the frame header, and never changes. */
export const codecNames = ['raw', 'delta-zstd', 'jpeg', 'jpeg-ls'] as const;
export type CodecName = (typeof codecNames)[number];

/**
 * How good and how heavy the pictures are that a viewer gets, from the best down. Each is made once, however many watch it.
 * `raw`: as they are. `exact`: the same bits, packed. `still`: JPEG that the eye hardly tells from the original.
 * `thin`: JPEG for a line that bears no more.
 */
export const tierNames = ['raw', 'exact', 'still', 'thin'] as const;
export type TierName = (typeof tierNames)[number];
/** What is made beside the stream's own raw pictures. */
export type EncodedTier = Exclude<TierName, 'raw'>;
