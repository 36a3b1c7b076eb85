export { windowGrey, windowY16, colourMap, pairLevels, mapLevels, colourMapRgba } from './tone';
export { tileTables, equalize } from './equalize';
export { persistence, startHistory, steadyAverage, countDifferences } from './time';
export { blockMotion, followMotion } from './motion';
export { median3 } from './space';
export { median5 } from './median5';
export { gaussian7, bilateral } from './smooth';
export { lee, guided } from './box';
export { srad, speckleScale, noiseDeviation } from './srad';
export { nonLocalMeans } from './non-local';
export { addDetail } from './detail';
export { splitGrey, joinGrey } from './grey-plane';
export { overlayGrey, overlayRgb, blendPlane } from './overlay';
export { greyToRgba, rgbToRgba, y16ToRgba, greyToRgb } from './screen';
export {
  lumaToGrey, packedToGrey, packedToRgba, packedToRgb, nv12ToRgba, nv12ToRgb, i420ToRgba, i420ToRgb,
  rgbToGrey, rgbaToGrey, bgraToRgb, bgrToRgb, bgraToRgba, limitY16,
} from './pixels';
export { scanConvert, copyRows, keepRuns, mirror, transpose, scale } from './geometry';
export { iqEnvelope, rfEnvelope } from './ultrasound';
