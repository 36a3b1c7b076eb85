/** How pixels are coded, as far as it decides who decodes them. */
export type Coding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'refused';

export const implicitLittle = '1.2.840.10008.1.2';
export const explicitLittle = '1.2.840.10008.1.2.1';
export const explicitBig = '1.2.840.10008.1.2.2';
const deflated = '1.2.840.10008.1.2.1.99';

export interface TransferSyntax {
  /** Of PS3.6 table A-1, shortened, for people. */
  readonly name: string;
  readonly coding: Coding;
}

const jpeg = '1.2.840.10008.1.2.4.';

const known: Readonly<Record<string, TransferSyntax>> = {
  [implicitLittle]: { name: 'uncompressed', coding: 'native' },
  [explicitLittle]: { name: 'uncompressed', coding: 'native' },
  [explicitBig]: { name: 'uncompressed big-endian', coding: 'native' },
  [deflated]: { name: 'deflated', coding: 'native' },
  '1.2.840.10008.1.2.5': { name: 'RLE', coding: 'rle' },
  [`${jpeg}50`]: { name: 'JPEG baseline', coding: 'jpeg' },
  [`${jpeg}51`]: { name: 'JPEG extended', coding: 'jpeg' },
  // Retired, but still found in archives.
  [`${jpeg}53`]: { name: 'JPEG spectral selection', coding: 'jpeg' },
  [`${jpeg}55`]: { name: 'JPEG progressive', coding: 'jpeg' },
  [`${jpeg}57`]: { name: 'JPEG lossless', coding: 'jpeg' },
  [`${jpeg}70`]: { name: 'JPEG lossless', coding: 'jpeg' },
  [`${jpeg}80`]: { name: 'JPEG-LS', coding: 'jpeg-ls' },
  [`${jpeg}81`]: { name: 'JPEG-LS near-lossless', coding: 'jpeg-ls' },
  [`${jpeg}90`]: { name: 'JPEG 2000 lossless', coding: 'jpeg-2000' },
  [`${jpeg}91`]: { name: 'JPEG 2000', coding: 'jpeg-2000' },
  [`${jpeg}201`]: { name: 'HTJ2K lossless', coding: 'jpeg-2000' },
  [`${jpeg}202`]: { name: 'HTJ2K lossless', coding: 'jpeg-2000' },
  [`${jpeg}203`]: { name: 'HTJ2K', coding: 'jpeg-2000' },
  [`${jpeg}92`]: { name: 'JPEG 2000 part 2', coding: 'refused' },
  [`${jpeg}93`]: { name: 'JPEG 2000 part 2', coding: 'refused' },
  [`${jpeg}94`]: { name: 'JPIP', coding: 'refused' },
  [`${jpeg}95`]: { name: 'JPIP', coding: 'refused' },
  [`${jpeg}100`]: { name: 'MPEG-2 video', coding: 'refused' },
  [`${jpeg}101`]: { name: 'MPEG-2 video', coding: 'refused' },
  [`${jpeg}102`]: { name: 'H.264 video', coding: 'refused' },
  [`${jpeg}103`]: { name: 'H.264 video', coding: 'refused' },
  [`${jpeg}104`]: { name: 'H.264 video', coding: 'refused' },
  [`${jpeg}105`]: { name: 'H.264 video', coding: 'refused' },
  [`${jpeg}106`]: { name: 'H.264 stereo video', coding: 'refused' },
  [`${jpeg}107`]: { name: 'HEVC video', coding: 'refused' },
  [`${jpeg}108`]: { name: 'HEVC video', coding: 'refused' },
  [`${jpeg}110`]: { name: 'JPEG XL lossless', coding: 'refused' },
  [`${jpeg}111`]: { name: 'JPEG XL', coding: 'refused' },
  [`${jpeg}112`]: { name: 'JPEG XL', coding: 'refused' },
};

/** What a UID stands for; one that is not in the table is refused under its own number. */
export const transferSyntaxOf = (uid: string): TransferSyntax => known[uid] ?? { name: '', coding: 'refused' };
