import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';

/** RFC 6184 §5.4: what a packet over UDP holds. */
const packetBytes = 1180;
const fragmentUnit = 28;

const h264 = new RTCRtpCodecParameters({
  mimeType: 'video/H264',
  clockRate: 90_000,
  rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
});

/** A WebRTC sender of H.264 that somebody else encoded. */
export class WebRtcPeer {
  readonly #track = new MediaStreamTrack({ kind: 'video' });
  readonly #connection = new RTCPeerConnection({
    codecs: { video: [h264] },
  });
  #sequence = 1;

  /** `keyWanted`: the other end cannot decode what comes. */
  constructor(keyWanted: () => void) {
    const transceiver = this.#connection.addTransceiver(this.#track, { direction: 'sendonly' });
    transceiver.sender.onPictureLossIndication.subscribe(keyWanted);
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected') keyWanted();
    });
  }

  /** The answer to a browser's offer. */
  async answer(sdp: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#connection.localDescription?.sdp ?? '';
  }

  /** A picture of Annex B units. */
  send(bits: Uint8Array, capturedAtUs: number): void {
    const timestamp = Math.round((capturedAtUs / 1e6) * 90_000) >>> 0;
    const packets = unitsOf(bits).flatMap(packetsOf);
    packets.forEach((payload, index) => {
      const marker = index === packets.length - 1;
      const header = new RtpHeader({ payloadType: 96, sequenceNumber: this.#sequence, timestamp, marker, ssrc: 1 });
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#track.writeRtp(new RtpPacket(header, Buffer.from(payload)));
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

function unitsOf(bits: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = 0; at + 3 < bits.length; at++) if (bits[at] === 0 && bits[at + 1] === 0 && bits[at + 2] === 1) starts.push(at + 3);
  return starts.map((start, index) => {
    const next = starts[index + 1];
    let end = next === undefined ? bits.length : next - 3;
    while (next !== undefined && bits[end - 1] === 0) end--;
    return bits.subarray(start, end);
  });
}

function packetsOf(unit: Uint8Array): Uint8Array[] {
  if (unit.length <= packetBytes) return [unit];
  const head = unit[0] as number;
  const packets: Uint8Array[] = [];
  for (let at = 1; at < unit.length; at += packetBytes) {
    const part = unit.subarray(at, at + packetBytes);
    const flags = (at === 1 ? 0x80 : 0) | (at + packetBytes >= unit.length ? 0x40 : 0);
    packets.push(Uint8Array.of((head & 0xe0) | fragmentUnit, flags | (head & 0x1f), ...part));
  }
  return packets;
}
