import { X } from 'lucide-react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useMonitor, useMonitorState, useWords } from './hooks.ts';
import { keyMap } from './keys.ts';
import { LanguageChoice } from './language-choice.tsx';
import type { WordKey } from './words/words.ts';

/** Which keys stand together; all others stand in the last group. */
const groups: readonly { readonly title: WordKey; readonly acts: readonly WordKey[] }[] = [
  {
    title: 'keys.picture',
    acts: ['key.freeze', 'key.zoom', 'key.pan', 'key.next', 'key.alone', 'key.divider', 'key.move-divider', 'key.raw', 'key.full'],
  },
  {
    title: 'keys.marks',
    acts: ['key.measure', 'key.draw', 'key.place', 'key.move-mark', 'key.remove', 'key.undo', 'key.pointer', 'key.hide'],
  },
  {
    title: 'keys.time',
    acts: [
      'key.step',
      'key.live',
      'key.still',
      'key.clip',
      'key.last-loop',
      'key.bookmark',
      'key.loop',
      'key.in-step',
      'key.rate',
      'key.peak',
    ],
  },
  { title: 'keys.panels', acts: [] },
];
const grouped = new Set(groups.flatMap(({ acts }) => acts));

export function KeyMapDialog() {
  const monitor = useMonitor();
  const { keyMapOpen, server } = useMonitorState();
  const { say } = useWords();
  return (
    <ModalOverlay className="overlay" isOpen={keyMapOpen} isDismissable onOpenChange={(open) => monitor.act({ act: 'key-map', open })}>
      <Modal className="modal key-modal">
        <Dialog className="dialog">
          <header>
            <Heading slot="title">{say('keys.title')}</Heading>
            <Button className="close" slot="close" aria-label={say('keys.close')}>
              <X aria-hidden="true" />
            </Button>
          </header>
          <div className="key-groups">
            {groups.map(({ title, acts }) => (
              <section key={title} aria-label={say(title)}>
                <h3>{say(title)}</h3>
                <dl className="key-map">
                  {keyMap
                    .filter(({ act }) => (acts.length === 0 ? !grouped.has(act) : acts.includes(act)))
                    .map((line) => (
                      <div key={line.act}>
                        <dt>
                          <kbd>{line.cap === undefined ? line.keys : say(line.cap)}</kbd>
                        </dt>
                        <dd>{say(line.act)}</dd>
                      </div>
                    ))}
                </dl>
              </section>
            ))}
          </div>
          <LanguageChoice />
          <p className="about">
            {say('keys.about')} {server}
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
