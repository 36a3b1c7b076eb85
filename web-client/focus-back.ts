import { useEffect, useState } from 'react';

/**
 * While what uses it is on the screen the keyboard may be in it; once it is gone, the keyboard is again where it was before. Where
 * somebody has taken it elsewhere meanwhile, it stays there.
 */
export function useFocusBack(): void {
  // As it is rendered: what takes the focus by itself has it before any effect.
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      const nowhere = document.activeElement === null || document.activeElement === document.body;
      if (nowhere && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    },
    [before],
  );
}
