export { windowGrey, windowY16, colourMap } from './tone';
export { persistence, startHistory } from './time';
export { median3 } from './space';
export { overlayGrey, overlayRgb } from './overlay';
export { greyToRgba, rgbToRgba, y16ToRgba } from './screen';
export {
  lumaToGrey, packedToGrey, packedToRgba, packedToRgb, nv12ToRgba, nv12ToRgb, i420ToRgba, i420ToRgb,
  rgbToGrey, rgbaToGrey, bgraToRgb, bgrToRgb, bgraToRgba, limitY16,
} from './pixels';
