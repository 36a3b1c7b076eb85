#!/usr/bin/env bash
# Builds the kernel that `npm run test:kernel` and `npm run demo:usb` boot: Debian's Linux 6.1 as user-mode Linux, with the USB,
# video and serial drivers that Lumencast meets. As root on Debian, about 8 minutes on two cores; nothing outside
# node_modules/.cache/lumencast and the packages named below is touched.
set -euo pipefail
target="$(cd "$(dirname "$0")/.." && pwd)/node_modules/.cache/lumencast"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"

for package in flex bison bc gcc make xz-utils; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="${missing-} $package"
done
# shellcheck disable=SC2086
[ -z "${missing-}" ] || apt-get install -y --no-install-recommends $missing

cd "$work"
apt-get download linux-source-6.1
dpkg-deb -x linux-source-6.1_*.deb package
tar -xf package/usr/src/linux-source-6.1.tar.xz
cd linux-source-6.1

# Processors with AMX save more registers than this table has room for; the kernel then fails at its first context switch.
sed -i 's/\(DEFINE_LONGS(HOST_FP_SIZE, \)[0-9]*/\112288/' arch/x86/um/user-offsets.c
# The tick of user-mode Linux is 10 ms; devices and drivers of 60 pictures a second want 1 ms.
sed -i '/^config HZ/,/default/ s/default 100$/default 1000/' arch/um/Kconfig
grep -q 'HOST_FP_SIZE, 12288' arch/x86/um/user-offsets.c
grep -A4 '^config HZ' arch/um/Kconfig | grep -q 'default 1000'

options() { printf 'CONFIG_%s=y\n' "$@"; }
{
  # What allnoconfig leaves out and a userland needs.
  options 64BIT EXPERT PRINTK BUG ELF_CORE BASE_FULL FUTEX EPOLL SIGNALFD TIMERFD EVENTFD SHMEM AIO IO_URING ADVISE_SYSCALLS \
    MEMBARRIER RSEQ MEMFD_CREATE POSIX_TIMERS POSIX_MQUEUE FHANDLE FILE_LOCKING INOTIFY_USER MULTIUSER SYSFS_SYSCALL \
    BINFMT_ELF BINFMT_SCRIPT PROC_FS PROC_SYSCTL SYSFS TMPFS TMPFS_POSIX_ACL DEVTMPFS DEVTMPFS_MOUNT HOSTFS OVERLAY_FS \
    UNIX98_PTYS HIGH_RES_TIMERS NO_HZ_IDLE
  # The line to the host.
  options STDERR_CONSOLE SSL NULL_CHAN PTY_CHAN TTY_CHAN
  # Sockets, for USB/IP, udev and what a server does on its loopback.
  options NET UNIX INET PACKET
  # USB wants memory-mapped input and output: the PCI of virtio-uml brings it.
  options VIRTIO_UML UML_PCI_OVER_VIRTIO
  options USB_SUPPORT USB USB_ANNOUNCE_NEW_DEVICES USB_MON USBIP_CORE USBIP_VHCI_HCD USB_ACM USB_SERIAL USB_SERIAL_FTDI_SIO
  options INPUT FB MEDIA_SUPPORT MEDIA_USB_SUPPORT MEDIA_CAMERA_SUPPORT MEDIA_TEST_SUPPORT V4L_TEST_DRIVERS VIDEO_DEV \
    MEDIA_CONTROLLER VIDEO_V4L2_SUBDEV_API USB_VIDEO_CLASS VIDEO_VIVID
  printf 'CONFIG_%s=n\n' IPV6 HID SOUND WIRELESS SWAP MODULES BLK_DEV GCOV DVB_CORE MEDIA_SUPPORT_FILTER MEDIA_SUBDRV_AUTOSELECT \
    NETFILTER SECURITY UEVENT_HELPER DEBUG_INFO
  # Eight devices at a time.
  printf 'CONFIG_%s\n' USBIP_VHCI_HC_PORTS=8 USBIP_VHCI_NR_HCS=1 KERNEL_STACK_ORDER=4 'CON_ZERO_CHAN="fd:0,fd:1"'
} >wanted.config
make ARCH=um SUBARCH=x86_64 KCONFIG_ALLCONFIG=wanted.config allnoconfig >/dev/null
for option in USBIP_VHCI_HCD USB_VIDEO_CLASS VIDEO_VIVID USB_ACM HOSTFS; do
  grep -q "^CONFIG_$option=y" .config || { echo "the kernel has no $option" >&2; exit 1; }
done
make ARCH=um SUBARCH=x86_64 -j"$(nproc)"
install -m 755 linux "$target/linux-uml"
echo "built $target/linux-uml"
