import { usePictureTruth, useWords } from '../hooks.ts';
import { milliseconds, placeText } from '../texts.ts';
import type { WirePose } from '../worker-messages.ts';

/** Where the tracked tools were when the picture on the screen was captured. */
export function ToolsSection({ stream, tools }: { stream: number; tools: readonly string[] }) {
  const { say } = useWords();
  const { picture } = usePictureTruth(stream);
  return (
    <section aria-label={say('tracked.title')}>
      <header>
        <h3>{say('tracked.title')}</h3>
      </header>
      <dl className="tracked" data-testid="tools">
        {tools.map((tool) => (
          <ToolRow key={tool} tool={tool} pose={picture?.poses?.find((pose) => pose.tool === tool)} />
        ))}
      </dl>
    </section>
  );
}

function ToolRow({ tool, pose }: { tool: string; pose: WirePose | undefined }) {
  const words = useWords();
  const { say } = words;
  if (pose?.matrix === undefined) {
    return (
      <>
        <dt>{tool}</dt>
        <dd className="lost">{say('tracked.lost')}</dd>
      </>
    );
  }
  return (
    <>
      <dt>{tool}</dt>
      <dd title={say('tracked.between')}>{milliseconds(pose.ageMs)}</dd>
      <dd className="place">{placeText(words, placeOf(pose.matrix))}</dd>
    </>
  );
}

/** The last column of the matrix. */
const placeOf = (matrix: readonly number[]): readonly number[] => [3, 7, 11].map((at) => matrix[at] ?? Number.NaN);
