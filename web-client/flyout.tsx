import type { LucideIcon } from 'lucide-react';
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';

interface FlyoutProps {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly name: string;
  children(close: () => void): ReactNode;
}

const movesWithin: ReadonlySet<string> = new Set(['Tab', 'Shift', 'Enter', ' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);

/** Several tools behind one target of the tool column, beside which they come out. */
export function Flyout({ icon: Icon, word, name, children }: FlyoutProps) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<CSSProperties>();
  const close = (): void => setAt(undefined);
  const open = at !== undefined;
  useEffect(() => {
    if (!open) return;
    const elsewhere = ({ target }: PointerEvent): void => {
      if (target instanceof Node && place.current?.contains(target) !== true) setAt(undefined);
    };
    // By any key that acts: what is to be seen of the act would lie below.
    const leave = ({ key, target }: KeyboardEvent): void => {
      const within = target instanceof Node && place.current?.contains(target) === true;
      if (within && movesWithin.has(key)) return;
      setAt(undefined);
      if (within && key === 'Escape') place.current?.querySelector('button')?.focus();
    };
    window.addEventListener('pointerdown', elsewhere, { capture: true });
    window.addEventListener('keydown', leave, { capture: true });
    return () => {
      window.removeEventListener('pointerdown', elsewhere, { capture: true });
      window.removeEventListener('keydown', leave, { capture: true });
    };
  }, [open]);
  return (
    <div className="flyout-place" ref={place}>
      <Button
        className="tool flyout-tool"
        aria-label={name}
        aria-expanded={open}
        onPress={() => setAt(open ? undefined : beside(place.current))}
      >
        <Icon aria-hidden="true" />
        <span>{word}</span>
      </Button>
      {open && (
        <div className="flyout" style={at}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

/** Right of the column, or above the row that it is on a phone; the upper or lower edges lie level, whichever leaves more room. */
function beside(element: HTMLElement | null): CSSProperties {
  const box = element?.getBoundingClientRect() ?? new DOMRect();
  const column = box.left < 100 && innerWidth > 640;
  if (!column) return { left: 8, right: 8, bottom: innerHeight - box.top + 4 };
  return box.top < innerHeight / 2
    ? { left: box.right + 6, top: box.top }
    : { left: box.right + 6, bottom: Math.max(4, innerHeight - box.bottom) };
}
