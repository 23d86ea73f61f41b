import type { Channel } from './channel.js';
import { deviceChannel } from './device.js';

/** The port that a host gives to the guest agent, by its usual name (qemu-ga §8.2). */
export const VIRTIO_SERIAL_PATH = '/dev/virtio-ports/org.qemu.guest_agent.0';

/**
 * A channel over a virtio-serial port (qemu-ga §8.8). While no host has the other side open, the port reads as
 * ended; it stays open all the same, since closing it would tell the host that the agent is gone. A port that is
 * unplugged breaks the channel.
 */
export function virtioSerial(path: string = VIRTIO_SERIAL_PATH): Channel {
  return deviceChannel(path);
}
