import { X } from 'lucide-react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useMonitor, useMonitorState, useWords } from './hooks.ts';
import { keyMap } from './keys.ts';
import { LanguageChoice } from './language-choice.tsx';

export function KeyMapDialog() {
  const monitor = useMonitor();
  const { keyMapOpen, server } = useMonitorState();
  const { say } = useWords();
  return (
    <ModalOverlay className="overlay" isOpen={keyMapOpen} isDismissable onOpenChange={(open) => monitor.act({ act: 'key-map', open })}>
      <Modal className="modal">
        <Dialog className="dialog">
          <header>
            <Heading slot="title">{say('keys.title')}</Heading>
            <Button className="close" slot="close" aria-label={say('keys.close')}>
              <X aria-hidden="true" />
            </Button>
          </header>
          <dl className="key-map">
            {keyMap.map((line) => (
              <div key={line.act}>
                <dt>
                  <kbd>{line.cap === undefined ? line.keys : say(line.cap)}</kbd>
                </dt>
                <dd>{say(line.act)}</dd>
              </div>
            ))}
          </dl>
          <LanguageChoice />
          <p className="about">
            {say('keys.about')} {server}
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
