/** How the pixels of a frame are written; the index is the number in the frame header, and never changes. */
export const codecNames = ['raw', 'delta-zstd', 'jpeg', 'jpeg-ls', 'h264'] as const;
export type CodecName = (typeof codecNames)[number];
/** Those of which every frame is decodable alone. */
export type StillCodecName = Exclude<CodecName, 'h264'>;

/**
 * How good and how heavy the pictures are that a viewer gets, from the best down. Each is made once, however many watch it.
 * `raw`: as they are. `exact`: the same bits, packed. `video`: H.264 that the eye hardly tells from the original; `video-thin`: the
 * same for a line that bears no more. `still` and `thin`: both as JPEG, where one end has no H.264.
 */
export const tierNames = ['raw', 'exact', 'video', 'video-thin', 'still', 'thin'] as const;
export type TierName = (typeof tierNames)[number];
/** What is made beside the stream's own raw pictures. */
export type EncodedTier = Exclude<TierName, 'raw'>;

/** Why a viewer gets the tier it gets. */
export const tierReasons = ['asked', 'beginning', 'bears', 'thin', 'failing'] as const;
export type TierReason = (typeof tierReasons)[number];

/** Tiers whose frames need the frames before them, back to a key frame. */
export const videoTiers = ['video', 'video-thin'] as const satisfies readonly TierName[];
export type VideoTier = (typeof videoTiers)[number];
export type StillTier = Exclude<EncodedTier, VideoTier>;
export const isVideoTier = (tier: TierName): tier is VideoTier => tier === 'video' || tier === 'video-thin';
