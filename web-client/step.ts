import type { StepOrder, StepShown } from '../src/protocol/step.ts';
import { inLanguage, languageFor } from './words/words.ts';

/** The page that a device films or grabs while `lumencast calibrate-latency` measures it: all white, or all black. */
const told = document.getElementById('told');
if (told === null) throw new Error('step.html has no #told');

const { language, say } = inLanguage[languageFor(navigator.languages)];
document.documentElement.lang = language;
document.title = say('step.title');
told.textContent = say('step.connecting');

const address = new URL('step', document.baseURI);
address.protocol = 'ws:';
const socket = new WebSocket(address);
socket.onopen = () => {
  told.textContent = say('step.running');
};
socket.onclose = () => {
  told.textContent = say('step.over');
  document.body.style.background = '#000';
};
socket.onmessage = ({ data }) => show(JSON.parse(String(data)) as StepOrder);

function show({ request, white }: StepOrder): void {
  const arrivedMs = performance.now();
  document.body.style.background = white ? '#fff' : '#000';
  // The first callback comes before the picture is drawn, the second at the beginning of the next: the picture is handed out in between.
  requestAnimationFrame(() => requestAnimationFrame((shownMs) => answer(request, arrivedMs, shownMs)));
}

function answer(request: number, arrivedMs: number, shownMs: number): void {
  const nowMs = performance.now();
  const shown: StepShown = { request, heldMs: nowMs - arrivedMs, agoMs: Math.max(0, nowMs - shownMs) };
  socket.send(JSON.stringify(shown));
}

// Refused where the browser has none: the page is as large as its window then.
document.body.onclick = () => document.documentElement.requestFullscreen().catch(() => undefined);
