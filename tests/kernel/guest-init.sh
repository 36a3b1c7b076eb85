#!/bin/bash
# First process of a guest: mounts what programs need, runs the one that `job` names, tells its status, and ends.
# Descriptor 3 is the line to the host (the kernel's first serial line): what is written to it arrives byte for byte.
. "$(dirname "$0")/job"
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for folder in /dev/shm /run /mnt; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p /run/lock
ip link set lo up
exec 3<>/dev/ttyS0
stty raw -echo <&3
cd "$root" || exit 1
timeout --foreground -k 5 "$seconds" "${program[@]}"
printf '{"status":%d}\n' $? >&3
# The host pulls the plug when it reads that; without a host the end of the first process stops the kernel.
sleep 5
