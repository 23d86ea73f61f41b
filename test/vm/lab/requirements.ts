import { accessSync, constants } from 'node:fs';
import process from 'node:process';

interface Program {
  readonly path: string;
  readonly debianPackage: string;
}

/** The programs that the laboratory needs, with their Debian packages. */
const programs: readonly Program[] = [
  { path: '/usr/bin/qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { path: '/usr/bin/strip', debianPackage: 'binutils' },
  { path: '/usr/sbin/debootstrap', debianPackage: 'debootstrap' },
  { path: '/usr/sbin/mke2fs', debianPackage: 'e2fsprogs' },
  { path: '/usr/bin/qemu-img', debianPackage: 'qemu-utils' },
  { path: '/usr/sbin/apparmor_parser', debianPackage: 'apparmor' },
];

/** Further programs that some suites need. */
const further = {
  libvirt: [
    { path: '/usr/bin/virsh', debianPackage: 'libvirt-clients' },
    { path: '/usr/sbin/libvirtd', debianPackage: 'libvirt-daemon' },
  ],
} as const satisfies Readonly<Record<string, readonly Program[]>>;

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns why no guest can run here, with the Debian packages to install; `undefined` if one can. */
export function whatIsMissing(...suites: readonly (keyof typeof further)[]): string | undefined {
  if (process.getuid?.() !== 0) return 'a real guest: debootstrap requires root';
  const needed = [...programs, ...suites.flatMap((suite): readonly Program[] => further[suite])];
  const packages = needed.filter(({ path }) => !canRun(path)).map(({ debianPackage }) => debianPackage);
  return packages.length === 0
    ? undefined
    : `a real guest: install the Debian packages ${packages.join(' ')}`;
}
