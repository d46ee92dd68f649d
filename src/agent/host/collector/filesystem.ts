// Sizes of the mounted file systems.
//
//   /proc/1/mountinfo ─▶ mounts worth a look ─▶ statfs of each (asynchronous, bounded in time for network mounts) ─▶ gauges

import { columns, lines } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, FilesystemError, FilesystemSize, Host, HostFilters } from '../host.ts';

interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly fsType: string;
  readonly major: string;
  readonly minor: string;
  readonly readOnly: boolean;
}

/** Leaves out the mount points and file system types that `filters` name. */
export function filesystemCollector(filters: Pick<HostFilters, 'mountPointsExclude' | 'fsTypesExclude'>): Collector {
  return {
    name: 'filesystem',
    async collect(host, out) {
      const mounts = mountsOf(host).filter(
        (mount) => !filters.mountPointsExclude(mount.mountPoint) && !filters.fsTypesExclude(mount.fsType),
      );
      const sizes = await Promise.all(mounts.map((mount) => host.filesystemSize(mount.mountPoint, mount.fsType)));
      mounts.forEach((mount, i) => {
        const size = sizes[i];
        if (size !== undefined) write(out, mount, size);
      });
    },
  };
}

/**
 * The mounts that process 1 sees, or our own where those are hidden; each device, place and type once. The last mount on a place hides
 * those before it, but equal ones only are dropped, as node_exporter does.
 * Source: proc_pid_mountinfo(5).
 */
export function mountsOf(host: Pick<Host, 'proc' | 'rootPath'>): readonly Mount[] {
  const text = host.proc.read('1/mountinfo') ?? host.proc.read('self/mountinfo');
  if (text === undefined) throw new HostError('self/mountinfo: absent or unreadable');
  const seen = new Map<string, Mount>();
  for (const line of lines(text)) {
    const mount = parseMount(line, host.rootPath);
    const key = `${mount.device}\n${mount.mountPoint}\n${mount.fsType}`;
    if (!seen.has(key)) seen.set(key, mount);
  }
  return [...seen.values()];
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
function parseMount(line: string, rootPath: string): Mount {
  const fields = columns(line);
  const dash = fields.indexOf('-', 6);
  const [, , numbers = '', , mountPoint, options = ''] = fields;
  const [fsType, device, superOptions = ''] = fields.slice(dash + 1);
  if (dash < 0 || mountPoint === undefined || fsType === undefined || device === undefined) {
    throw new HostError(`mountinfo: malformed line ${JSON.stringify(line)}`);
  }
  const [major = '', minor = ''] = numbers.split(':');
  const readOnly = options.split(',').includes('ro') || superOptions.split(',').includes('ro');
  return { device: unescape(device), mountPoint: stripRoot(unescape(mountPoint), rootPath), fsType, major, minor, readOnly };
}

/** Blanks and backslashes stand as octal escapes: `\040`. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** In a container that has the host's root under `/host`, `/host/home` is the host's `/home`. */
function stripRoot(mountPoint: string, rootPath: string): string {
  if (rootPath === '' || !(mountPoint === rootPath || mountPoint.startsWith(`${rootPath}/`))) return mountPoint;
  return mountPoint.slice(rootPath.length) || '/';
}

function write(out: Families, mount: Mount, size: FilesystemSize | FilesystemError): void {
  const labels = ['device', mount.device, 'mountpoint', mount.mountPoint, 'fstype', mount.fsType];
  const failed = size.kind === 'error';
  const withReason = failed ? [...labels, 'device_error', size.reason] : labels;
  const errorHelp = 'Whether the sizes of the file system could not be had: 1 or 0.';
  out.gauge('node_filesystem_device_error', errorHelp, failed ? 1 : 0, withReason);
  out.gauge('node_filesystem_readonly', 'Whether the file system is mounted read-only: 1 or 0.', mount.readOnly ? 1 : 0, withReason);
  const place = ['device', mount.device, 'major', mount.major, 'minor', mount.minor, 'mountpoint', mount.mountPoint];
  out.gauge('node_filesystem_mount_info', 'Which device is mounted where; the value is always 1.', 1, place);
  if (size.kind === 'error') return;
  out.gauge('node_filesystem_size_bytes', 'Size of the file system, in bytes.', size.bytes, labels);
  out.gauge('node_filesystem_free_bytes', 'Free space of the file system, in bytes.', size.freeBytes, labels);
  out.gauge('node_filesystem_avail_bytes', 'Free space that users other than root may use, in bytes.', size.availableBytes, labels);
  out.gauge('node_filesystem_files', 'Inodes of the file system.', size.files, labels);
  out.gauge('node_filesystem_files_free', 'Free inodes of the file system.', size.filesFree, labels);
}
