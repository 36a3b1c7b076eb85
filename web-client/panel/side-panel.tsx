import { useMonitorState, useWords } from '../hooks.ts';
import { LanguageChoice } from '../language-choice.tsx';
import { streamOf } from '../monitor-state.ts';
import { LineSection } from './line-section.tsx';
import { Measurements } from './measurements.tsx';
import { Results } from './results.tsx';
import { SourceSection } from './source-section.tsx';
import { Stages } from './stages.tsx';
import { ToolsSection } from './tools-section.tsx';

/** Results, stages and the source of the selected stream. */
export function SidePanel() {
  useFocusBack();
  const state = useMonitorState();
  const { say } = useWords();
  const stream = streamOf(state, state.selected);
  if (stream === undefined) return <aside className="panel" aria-label={say('panel.title')} />;
  return (
    <aside className="panel" aria-label={say('panel.title')}>
      <h2 className="of">{stream.name}</h2>
      <Results stream={stream.id} />
      <Measurements stream={stream.id} />
      {stream.tools !== undefined && <ToolsSection stream={stream.id} tools={stream.tools} />}
      <Stages
        stream={stream}
        frozen={state.frozenStages[stream.id]}
        wishes={state.wishes}
        refusal={state.refusals[stream.id]}
        operator={state.role === 'operator'}
      />
      <SourceSection stream={stream} />
      <LineSection quality={state.quality} inStep={state.inStep} stream={stream.id} trouble={state.refusals[-1]} />
      <LanguageChoice />
    </aside>
  );
}

import { useFocusBack } from '../focus-back.ts';
