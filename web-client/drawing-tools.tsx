import {
  Circle,
  Crosshair,
  EyeOff,
  LassoSelect,
  type LucideIcon,
  MousePointer2,
  MoveUpRight,
  PencilRuler,
  PersonStanding,
  Redo2,
  Ruler,
  RulerDimensionLine,
  Spline,
  TriangleRight,
  Type,
} from 'lucide-react';
import { Flyout } from './flyout.tsx';
import { useMarks, useMonitor, useWords } from './hooks.ts';
import { toggleHidden, toggleTool } from './keys.ts';
import { toolWord } from './mark-texts.ts';
import { type ToolName, toolNames, toolOf } from './mark-tools.ts';
import { Act, Toggle } from './tool-button.tsx';

const icons: { readonly [Name in ToolName]: LucideIcon } = {
  distance: Ruler,
  polyline: Spline,
  area: LassoSelect,
  ellipse: Circle,
  angle: TriangleRight,
  point: Crosshair,
  arrow: MoveUpRight,
  text: Type,
  'body-marker': PersonStanding,
  calibration: RulerDimensionLine,
};

/** The drawing tool taken up last, and all others behind the target below it. */
export function MarkTools() {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const tool = useMarks((state) => state.tool);
  const last = useMarks((state) => state.lastTool);
  const hidden = useMarks((state) => state.hidden);
  const redoable = useMarks(({ redoSteps }) => redoSteps.length > 0);
  const nameOf = (name: ToolName): string => `${toolWord(words, name)} (${toolOf(name).key.toUpperCase()})`;
  return (
    <>
      <Toggle
        icon={icons[last]}
        word={toolWord(words, last)}
        name={nameOf(last)}
        on={tool === last}
        onPress={() => toggleTool(monitor, last)}
      />
      <Flyout icon={PencilRuler} word={say('tools.title')} name={say('tools.all')}>
        {(close) => (
          <>
            {toolNames.map((name) => (
              <Toggle
                key={name}
                icon={icons[name]}
                word={toolWord(words, name)}
                name={nameOf(name)}
                on={tool === name}
                onPress={() => {
                  close();
                  toggleTool(monitor, name);
                }}
              />
            ))}
            <Toggle
              icon={MousePointer2}
              word={say('tool.pointer')}
              name={`${say('tool.pointer')} (Q)`}
              on={tool === 'pointer'}
              onPress={() => {
                close();
                toggleTool(monitor, 'pointer');
              }}
            />
            <Toggle
              icon={EyeOff}
              word={say('tools.hide')}
              name={say('tools.hide-name')}
              on={hidden}
              onPress={() => toggleHidden(monitor)}
            />
            <Act icon={Redo2} word={say('tools.redo')} name={say('tools.redo-name')} disabled={!redoable} onPress={() => monitor.redo()} />
          </>
        )}
      </Flyout>
    </>
  );
}
