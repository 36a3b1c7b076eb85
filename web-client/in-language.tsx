import type { ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { useWords } from './hooks.ts';

/** What the controls themselves say to screen readers is in the language of the page too. */
export function InLanguage({ children }: { readonly children: ReactNode }) {
  return <I18nProvider locale={useWords().language}>{children}</I18nProvider>;
}
