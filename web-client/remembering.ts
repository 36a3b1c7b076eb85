import { distinctUntilChanged, filter, map, merge, type Observable, skip } from 'rxjs';
import type { Monitor } from './monitor.ts';
import { type MonitorState, showsSidePanel } from './monitor-state.ts';
import type { PanelName, Preferences } from './preferences.ts';

/** Puts a monitor where its user left it; what nobody chose stays as it is. */
export function restore(monitor: Monitor, { quality, inStep, panel, clipLeadS, marksHidden }: Preferences): void {
  if (quality !== undefined) monitor.act({ act: 'quality', quality });
  if (inStep !== undefined) monitor.act({ act: 'in-step', inStep });
  if (panel !== undefined) openPanel(monitor, panel);
  if (clipLeadS !== undefined) monitor.rewinding.setClipLead(clipLeadS);
  if (marksHidden !== undefined) monitor.marking.act({ act: 'hide', hidden: marksHidden });
}

/** Calls `keep` with everything that is chosen from now on. */
export function remember(monitor: Monitor, keep: (chosen: Partial<Preferences>) => void): void {
  const { state$, rewinding, marking } = monitor;
  const chosen$ = merge(
    changes(state$.pipe(map(({ language }) => language))).pipe(map((language) => ({ language }))),
    changes(state$.pipe(map(({ quality }) => quality))).pipe(map((quality) => ({ quality }))),
    changes(state$.pipe(map(({ inStep }) => inStep))).pipe(map((inStep) => ({ inStep }))),
    changes(state$.pipe(map(shownPanel))).pipe(
      filter((panel) => panel !== undefined),
      map((panel) => ({ panel })),
    ),
    changes(rewinding.state$.pipe(map(({ clipLeadS }) => clipLeadS))).pipe(map((clipLeadS) => ({ clipLeadS }))),
    changes(marking.state$.pipe(map(({ hidden }) => hidden))).pipe(map((marksHidden) => ({ marksHidden }))),
  );
  chosen$.subscribe(keep);
}

const changes = <Value>(values$: Observable<Value>) => values$.pipe(distinctUntilChanged(), skip(1));

function shownPanel(state: MonitorState): PanelName | undefined {
  if (state.devicesOpen) return undefined;
  if (state.examinationOpen) return 'examination';
  if (state.wallOpen) return 'wall';
  if (state.peopleOpen) return 'people';
  return showsSidePanel(state) ? 'results' : 'none';
}

function openPanel(monitor: Monitor, panel: PanelName): void {
  monitor.act({ act: 'panel', open: panel === 'results' });
  if (panel === 'examination') monitor.act({ act: 'examination-panel', open: true });
  if (panel === 'wall') monitor.act({ act: 'wall-panel', open: true });
  if (panel === 'people') monitor.act({ act: 'people', open: true });
}
