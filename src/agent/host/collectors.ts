// All collectors of a Linux host: those that node_exporter has on by default, a file for each.

import { arpCollector } from './collector/arp.ts';
import { bcacheCollector } from './collector/bcache.ts';
import { bondingCollector } from './collector/bonding.ts';
import { btrfsCollector } from './collector/btrfs.ts';
import { conntrackCollector } from './collector/conntrack.ts';
import { cpuCollector } from './collector/cpu.ts';
import { cpufreqCollector } from './collector/cpufreq.ts';
import { diskstatsCollector } from './collector/diskstats.ts';
import { dmiCollector } from './collector/dmi.ts';
import { edacCollector } from './collector/edac.ts';
import { entropyCollector } from './collector/entropy.ts';
import { fibrechannelCollector } from './collector/fibrechannel.ts';
import { filefdCollector } from './collector/filefd.ts';
import { filesystemCollector } from './collector/filesystem.ts';
import { hwmonCollector } from './collector/hwmon.ts';
import { infinibandCollector } from './collector/infiniband.ts';
import { ipvsCollector } from './collector/ipvs.ts';
import { loadavgCollector } from './collector/loadavg.ts';
import { mdadmCollector } from './collector/mdadm.ts';
import { meminfoCollector } from './collector/meminfo.ts';
import { netclassCollector } from './collector/netclass.ts';
import { netdevCollector } from './collector/netdev.ts';
import { netstatCollector } from './collector/netstat.ts';
import { nfsCollector } from './collector/nfs.ts';
import { nfsdCollector } from './collector/nfsd.ts';
import { nvmeCollector } from './collector/nvme.ts';
import { osCollector } from './collector/os.ts';
import { powerSupplyClassCollector } from './collector/power-supply-class.ts';
import { pressureCollector } from './collector/pressure.ts';
import { raplCollector } from './collector/rapl.ts';
import { schedstatCollector } from './collector/schedstat.ts';
import { selinuxCollector } from './collector/selinux.ts';
import { sockstatCollector } from './collector/sockstat.ts';
import { softnetCollector } from './collector/softnet.ts';
import { statCollector } from './collector/stat.ts';
import { tapestatsCollector } from './collector/tapestats.ts';
import { textfileCollector } from './collector/textfile.ts';
import { thermalZoneCollector } from './collector/thermal-zone.ts';
import { timeCollector } from './collector/time.ts';
import { timexCollector } from './collector/timex.ts';
import { udpQueuesCollector } from './collector/udp-queues.ts';
import { unameCollector } from './collector/uname.ts';
import { vmstatCollector } from './collector/vmstat.ts';
import { watchdogCollector } from './collector/watchdog.ts';
import { xfsCollector } from './collector/xfs.ts';
import { zfsCollector } from './collector/zfs.ts';
import type { Collector, HostFilters } from './host.ts';

/** A set of its own for each host: some keep what they saw before. */
export function linuxCollectors(filters: HostFilters): readonly Collector[] {
  return [
    // Waits, so it begins first.
    filesystemCollector(filters),
    cpufreqCollector,
    hwmonCollector,
    powerSupplyClassCollector,
    thermalZoneCollector,
    arpCollector,
    bcacheCollector,
    bondingCollector,
    btrfsCollector,
    conntrackCollector,
    cpuCollector(),
    diskstatsCollector(filters),
    dmiCollector(),
    edacCollector,
    entropyCollector,
    fibrechannelCollector,
    filefdCollector,
    infinibandCollector,
    ipvsCollector,
    loadavgCollector,
    mdadmCollector,
    meminfoCollector,
    netclassCollector(),
    netdevCollector(filters),
    netstatCollector,
    nfsCollector,
    nfsdCollector,
    nvmeCollector,
    osCollector(),
    pressureCollector,
    raplCollector,
    schedstatCollector,
    selinuxCollector,
    sockstatCollector,
    softnetCollector,
    statCollector,
    tapestatsCollector,
    timeCollector,
    timexCollector,
    udpQueuesCollector,
    unameCollector,
    vmstatCollector,
    watchdogCollector,
    xfsCollector,
    zfsCollector,
    // Last, because of two series with the same labels the first stays.
    textfileCollector,
  ];
}
