import { AppError, printable } from '../../src/app-error.ts';

/** What ffmpeg writes when it cannot go on, and what that means to a user. */
const meanings: readonly (readonly [
  RegExp,
  'ffmpeg/no-input' | 'ffmpeg/no-rights' | 'ffmpeg/busy' | 'ffmpeg/bad-input' | 'ffmpeg/bad-option',
])[] = [
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

  /** The error that explains the end of the process. */
  error(ended: string): AppError {
    const shown = withoutSecrets(this.#source);
    const lines = this.#text
      .replaceAll(this.#source, () => shown)
      .replace(urls, withoutSecrets)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    for (const line of lines.toReversed()) {
      const found = meanings.find(([pattern]) => pattern.test(line));
      if (found !== undefined) return new AppError(found[1], { input: printable(shown, 120), reason: printable(line, 200) });
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
