import { GUESTD_PORT, type GuestImage, REFERENCE_PORT } from './guest-image.js';
import { kernelArguments, TRANSLATION_CACHE } from './qemu.js';

/** The files of a domain. */
export interface DomainFiles {
  readonly image: GuestImage;
  /** The overlay of the image: qcow2, so that libvirt can take snapshots. */
  readonly overlay: string;
  /** Raw disks: `/dev/vdb`, `/dev/vdc` and so on. */
  readonly disks: readonly string[];
  /** More arguments for the kernel. */
  readonly kernelArguments: string;
  /** The file for the output of the serial console. */
  readonly console: string;
  /** The host's end of the port of the reference agent. */
  readonly referenceSocket: string;
}

const LETTERS = 'abcdefgh';

function disk(path: string, format: string, index: number): string {
  return `
    <disk type='file' device='disk'>
      <driver name='qemu' type='${format}'/><source file='${path}'/>
      <target dev='vd${LETTERS[index]}' bus='virtio'/>
    </disk>`;
}

/**
 * Returns libvirt's XML for the machine of the other suites, but as a `pc`: on libvirt's `q35` a guest that was suspended
 * to memory hangs at its next power-off or restart.
 */
export function domainXml(name: string, files: DomainFiles): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>768</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${files.image.kernel}</kernel>
    <initrd>${files.image.initrd}</initrd>
    <cmdline>${kernelArguments} ${files.kernelArguments}</cmdline>
  </os>
  <features><acpi/><tcg><tb-cache unit='MiB'>${TRANSLATION_CACHE}</tb-cache></tcg></features>
  <cpu mode='custom' check='none'><model>qemu64</model><feature policy='disable' name='cx16'/></cpu>
  <pm><suspend-to-mem enabled='yes'/><suspend-to-disk enabled='yes'/></pm>
  <devices>${disk(files.overlay, 'qcow2', 0)}${files.disks.map((path, index) => disk(path, 'raw', index + 1)).join('')}
    <interface type='user'><model type='virtio'/></interface>
    <serial type='file'><source path='${files.console}' append='on'/></serial>
    <channel type='unix'><target type='virtio' name='${GUESTD_PORT}'/></channel>
    <channel type='unix'>
      <source mode='bind' path='${files.referenceSocket}'/><target type='virtio' name='${REFERENCE_PORT}'/>
    </channel>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}
