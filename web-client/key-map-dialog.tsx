import { X } from 'lucide-react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useMonitor, useMonitorState } from './hooks.ts';
import { keyMap } from './keys.ts';

export function KeyMapDialog() {
  const monitor = useMonitor();
  const { keyMapOpen, server } = useMonitorState();
  return (
    <ModalOverlay className="overlay" isOpen={keyMapOpen} isDismissable onOpenChange={(open) => monitor.act({ act: 'key-map', open })}>
      <Modal className="modal">
        <Dialog className="dialog">
          <header>
            <Heading slot="title">Keys</Heading>
            <Button className="close" slot="close" aria-label="Close">
              <X aria-hidden="true" />
            </Button>
          </header>
          <dl className="key-map">
            {keyMap.map(({ keys, act }) => (
              <div key={act}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{act}</dd>
              </div>
            ))}
          </dl>
          <p className="about">Wheel or two fingers zoom, drag pans, double tap shows the whole picture. {server}</p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
