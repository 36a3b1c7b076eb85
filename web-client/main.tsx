import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { distinctUntilChanged, map } from 'rxjs';
import { App } from './app.tsx';
import { MonitorContext } from './hooks.ts';
import { InLanguage } from './in-language.tsx';
import { attachKeys } from './keys.ts';
import { Monitor } from './monitor.ts';
import { keepPreferences, readPreferences } from './preferences.ts';
import { remember, restore } from './remembering.ts';
import { invitationIn } from './session.ts';

/** Below this width the panel would take from the picture. */
const panelFromPx = 1500;

const place = document.getElementById('monitor');
if (place === null) throw new Error('index.html has no #monitor');
const invitation = location.hash === '' ? undefined : invitationIn(location.hash);
// Whoever looks over a shoulder, or into the history, shall not find it there.
if (location.hash !== '') history.replaceState(null, '', `${location.pathname}${location.search}`);
/** A screen on the ceiling shows and takes no orders. */
const display = new URLSearchParams(location.search).get('display') ?? undefined;
const preferences = readPreferences(() => localStorage, navigator.languages);
const monitor = new Monitor(window.innerWidth >= panelFromPx, preferences, {
  ...(invitation !== undefined && { invitation }),
  ...(display !== undefined && { display }),
});
const language$ = monitor.state$.pipe(
  map(({ language }) => language),
  distinctUntilChanged(),
);
language$.subscribe((language) => {
  document.documentElement.lang = language;
});
if (display === undefined) {
  restore(monitor, preferences);
  attachKeys(monitor);
}
// What nobody chose is the browser's to decide, next time too.
remember(monitor, (chosen) => keepPreferences(() => localStorage, chosen));
createRoot(place).render(
  <StrictMode>
    <MonitorContext value={monitor}>
      <InLanguage>
        <App />
      </InLanguage>
    </MonitorContext>
  </StrictMode>,
);
