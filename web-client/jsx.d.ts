import 'react';

declare module 'react' {
  /** Custom properties are CSS like any other. */
  interface CSSProperties {
    [property: `--${string}`]: string | number | undefined;
  }
}
