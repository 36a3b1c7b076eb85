import { AppError, type ErrorCode, printable } from '../../src/app-error.ts';

/** What ffmpeg writes when it cannot go on, and what that means to a user. */
const meanings: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^\/dev\/\S+: No such (file|device)|Cannot open video device .*No such|Could not find video device/i, 'device/not-found'],
  [/Permission denied|Operation not permitted|401 Unauthorized|403 Forbidden/i, 'ffmpeg/no-rights'],
  [/Device or resource busy|Input\/output error.*busy/i, 'ffmpeg/busy'],
  [
    /Unrecognized option|Option .* not found|Unknown input format|Unknown decoder|Error parsing|Invalid argument|Protocol not found/i,
    'ffmpeg/bad-option',
  ],
  [
    /No such (file|device|filter)|Connection (refused|timed out)|404 Not Found|Cannot find a proper|Network is unreachable|Failed to resolve/i,
    'ffmpeg/no-input',
  ],
  [/Invalid data found|could not find codec|does not contain any stream|Output file .* contain/i, 'ffmpeg/bad-input'],
];

/** The same of a source that has been playing: nothing is wrong with the options then. */
const meaningsWhilePlaying: readonly (readonly [RegExp, ErrorCode])[] = [
  [/VIDIOC_\w+\): |No such device/i, 'device/gone'],
  [/Connection (refused|timed out|reset)|Network is unreachable|Broken pipe/i, 'ffmpeg/no-input'],
];

/** The last lines that ffmpeg wrote, without what must not be shown. */
export class Complaint {
  readonly #source: string;
  #text = '';

  /** `source`: the input as it was given; it may hold a password. */
  constructor(source: string) {
    this.#source = source;
  }

  hear(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-4000);
  }

  /** The error that explains the end of the process; `played`: after pictures had come. */
  error(ended: string, played: boolean): AppError {
    const shown = withoutSecrets(this.#source);
    const lines = this.#text
      .replaceAll(this.#source, () => shown)
      .replace(urls, withoutSecrets)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    for (const line of lines.toReversed()) {
      const found = (played ? meaningsWhilePlaying : meanings).find(([pattern]) => pattern.test(line));
      const input = printable(shown, 120);
      if (found !== undefined) return new AppError(found[1], { input, device: input, reason: printable(line, 200) });
    }
    return new AppError('ffmpeg/ended', { input: printable(shown, 120), reason: printable(lines.at(-1) ?? ended, 200) });
  }
}

const urls = /[a-z][a-z0-9+.-]*:\/\/\S+/gi;

/** Name, password and everything behind the path of a URL are left out: keys and passphrases stand there. */
export function withoutSecrets(input: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)/i.exec(input);
  if (parts === null) return input;
  const [, scheme = '', authority = '', path = ''] = parts;
  return `${scheme}${authority.slice(authority.lastIndexOf('@') + 1)}${path}`;
}
