/*
 * Reads from a bulk endpoint with N transfers kept waiting, as the driver does, and nothing else: what libusb itself gives here.
 * usb-reads VENDOR PRODUCT ENDPOINT TRANSFERS BYTES SECONDS (numbers as strtol takes them); prints bytes per second.
 */
#include <libusb-1.0/libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long received;
static int waiting;
static int stopping;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static void returned(struct libusb_transfer *transfer) {
  waiting--;
  if (transfer->status != LIBUSB_TRANSFER_COMPLETED || stopping) return;
  received += transfer->actual_length;
  if (libusb_submit_transfer(transfer) == 0) waiting++;
}

int main(int count, char **words) {
  if (count != 7) return 2;
  long number[6];
  for (int at = 0; at < 6; at++) number[at] = strtol(words[at + 1], NULL, 0);
  if (libusb_init(NULL) != 0) return 3;
  libusb_device_handle *device = libusb_open_device_with_vid_pid(NULL, number[0], number[1]);
  if (device == NULL || libusb_claim_interface(device, 0) != 0) return 4;
  for (int at = 0; at < number[3]; at++) {
    struct libusb_transfer *transfer = libusb_alloc_transfer(0);
    libusb_fill_bulk_transfer(transfer, device, number[2], malloc(number[4]), number[4], returned, NULL, 0);
    if (libusb_submit_transfer(transfer) == 0) waiting++;
  }
  /* The line probe begins to send. */
  if (libusb_control_transfer(device, 0x40, 1, 0, 0, NULL, 0, 1000) < 0) return 5;
  double begin = now(), end = begin + number[5];
  struct timeval patience = {0, 100000};
  while (now() < end && waiting > 0) libusb_handle_events_timeout(NULL, &patience);
  printf("%.0f\n", received / (now() - begin));
  libusb_control_transfer(device, 0x40, 2, 0, 0, NULL, 0, 1000);
  return 0;
}
