// Names of the NFS procedures in the order in which the kernel counts them, as values of the `method` label. Used by the nfs and nfsd collectors.
//
// Source: include/linux/nfs*.h of the kernel; the spelling is node_exporter's.

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** `proc2`; the first column is the null procedure. */
export const V2 = names(
  `Null GetAttr SetAttr Root Lookup ReadLink Read WrCache Write Create Remove Rename Link SymLink MkDir RmDir ReadDir FsStat`,
);

/** `proc3`. */
export const V3 = names(`Null GetAttr SetAttr Lookup Access ReadLink Read Write Create MkDir SymLink MkNod Remove RmDir Rename Link ReadDir
  ReadDirPlus FsStat FsInfo PathConf Commit`);

/** `proc4` of a client: its operations, not the protocol's procedures. */
export const V4_CLIENT = names(`Null Read Write Commit Open OpenConfirm OpenNoattr OpenDowngrade Close Setattr FsInfo Renew SetClientID
  SetClientIDConfirm Lock Lockt Locku Access Getattr Lookup LookupRoot Remove Rename Link Symlink Create Pathconf StatFs ReadLink ReadDir
  ServerCaps DelegReturn GetACL SetACL FsLocations ReleaseLockowner Secinfo FsidPresent ExchangeID CreateSession DestroySession Sequence
  GetLeaseTime ReclaimComplete LayoutGet GetDeviceInfo LayoutCommit LayoutReturn SecinfoNoName TestStateID FreeStateID GetDeviceList
  BindConnToSession DestroyClientID Seek Allocate DeAllocate LayoutStats Clone CopyNotify Copy OffloadCancel LookupP LayoutError GetXattr
  SetXattr ListXattrs RemoveXattr ReadPlus`);

/** `proc4ops` of a server, by operation number; the first three numbers are not in use. */
export const V4_SERVER =
  names(`- - - Access Close Commit Create DelegPurge DelegReturn GetAttr GetFH Link Lock Lockt Locku Lookup LookupRoot
  Nverify Open OpenAttr OpenConfirm OpenDgrd PutFH PutPubFH PutRootFH Read ReadDir ReadLink Remove Rename Renew RestoreFH SaveFH SecInfo SetAttr
  SetClientID SetClientIDConfirm Verify Write RelLockOwner`);
