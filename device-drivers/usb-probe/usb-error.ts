import { AppError, printable } from '../../src/app-error.ts';

/** libusb_error: libusb.h of 1.0. A completed transfer that failed has a positive number instead (libusb_transfer_status). */
const libusb = { access: -3, noDevice: -4, busy: -6 } as const;
const transferNoDevice = 5;

/** What libusb threw, as an error that says what to do. `device`: its name; `doing`: `read`, `claim its interface`. */
export function usbError(thrown: unknown, device: string, doing: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const errno = errnoOf(thrown);
  if (errno === libusb.noDevice || errno === transferNoDevice) return new AppError('device/gone', { device }, { cause: thrown });
  if (errno === libusb.access) return new AppError('usb-probe/no-rights', { device }, { cause: thrown });
  if (errno === libusb.busy) return new AppError('usb-probe/busy', { device }, { cause: thrown });
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('usb-probe/transfer-failed', { device, doing, reason: printable(reason) }, { cause: thrown });
}

function errnoOf(thrown: unknown): number | undefined {
  const errno = (thrown as { errno?: unknown } | null)?.errno;
  return typeof errno === 'number' ? errno : undefined;
}
