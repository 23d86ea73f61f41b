// The AppArmor profile and the SELinux policy module of the package.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';

const PARSER = '/usr/sbin/apparmor_parser';
const PROFILE = join(projectFolder, 'packaging/apparmor/usr.sbin.guestd');
const MAKEFILE = '/usr/share/selinux/devel/Makefile';
const MODULE = join(projectFolder, 'packaging/selinux');

/** Returns why a test cannot run: the file's Debian package is missing. */
function needs(file: string, debianPackage: string): string | false {
  return existsSync(file) ? false : `install the Debian package ${debianPackage}`;
}

describe('AppArmor profile', { skip: needs(PARSER, 'apparmor') }, () => {
  const options = ['--skip-kernel-load', '--skip-cache', '--features-file', '/etc/apparmor.d/abi/3.0'];

  it('is accepted by apparmor_parser without a warning', () => {
    const { status, stdout, stderr } = spawnSync(PARSER, [...options, '--warn=all', PROFILE], {
      encoding: 'utf8',
    });
    // The parser says this on a kernel without AppArmor.
    const warnings = stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('Cache read/write disabled'));
    assert.deepEqual([status, stdout, warnings], [0, '', []]);
  });

  it('does not allow to write files outside of the places of the agent', () => {
    const rules = readFileSync(PROFILE, 'utf8').match(/^ {2}\/\S* \w+,$/gm) ?? [];
    const written = rules
      .filter((rule) => /\s\w*[wa]\w*,$/.test(rule))
      .map((rule) => rule.trim().split(' ')[0]);
    assert.deepEqual(written, [
      '/dev/vport*',
      '/dev/virtio-ports/*',
      '/dev/ttyS[0-9]*',
      '/dev/null',
      '/{,var/}run/qga.*',
      '/{,var/}run/guestd.freeze*',
      '/{,var/}run/qemu-ga.pid',
      '/{,var/}run/systemd/notify',
    ]);
  });
});

describe('SELinux policy module', { skip: needs(MAKEFILE, 'selinux-policy-dev') }, () => {
  it('is built by checkmodule and semodule_package with the reference policy', () => {
    const work = mkdtempSync(join(tmpdir(), 'guestd-selinux-'));
    try {
      for (const name of ['guestd.te', 'guestd.fc']) copyFileSync(join(MODULE, name), join(work, name));
      const { status, stderr } = spawnSync('make', ['-s', '-f', MAKEFILE, 'guestd.pp'], {
        cwd: work,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      // The magic number of a module package.
      assert.equal(readFileSync(join(work, 'guestd.pp')).readUInt32LE(0), 0xf97cff8f);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});
