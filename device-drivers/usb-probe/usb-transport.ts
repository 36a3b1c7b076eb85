/** The set-up packet of a control transfer but for its length: USB 2.0 §9.3. */
export interface Setup {
  readonly requestType: number;
  readonly request: number;
  readonly value?: number;
  readonly index?: number;
}

/** Reads that are kept waiting at an IN endpoint, so that the host controller never has to wait for us. */
export interface ReadQueue {
  /** With the direction bit: 0x81. */
  readonly endpoint: number;
  readonly transfers: number;
  readonly transferBytes: number;
}

/** What went wrong with a read, and was put right: the bytes behind it may begin anywhere. */
export type ReadFault = 'stall' | 'overflow' | 'transfer-error';

export interface ReadSink {
  /** Bytes in the order of the wire, lent for the length of the call. */
  data(bytes: Uint8Array): void;
  /** Reading goes on behind it, when `resumed` is told. */
  fault(kind: ReadFault): void;
  resumed(): void;
}

/**
 * An opened USB device, as a probe sees it. Every wait is bounded. What fails throws an AppError: `device/gone` where the plug was
 * pulled, `usb-probe/transfer-failed` otherwise.
 */
export interface UsbTransport {
  /** Control transfer to the device. */
  tell(setup: Setup, data?: Uint8Array): Promise<void>;
  /** Control transfer from the device: what it answered, at most `length` bytes. */
  ask(setup: Setup, length: number): Promise<Uint8Array>;
  /** One bulk transfer to the device. */
  write(endpoint: number, data: Uint8Array): Promise<void>;
  /** One bulk transfer from the device, outside any queue at that endpoint: at most `length` bytes. */
  read(endpoint: number, length: number): Promise<Uint8Array>;
  /** Reads until the signal stops it, then resolves; no data come afterwards. A stall is cleared and read on behind. */
  stream(queue: ReadQueue, sink: ReadSink, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
