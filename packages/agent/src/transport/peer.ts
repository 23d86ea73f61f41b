/**
 * The other end of a connection, as the kernel reports it: a vsock address, or the process that has connected a unix
 * socket, as it was at that moment. `pid` is 0 for a process outside of the agent's pid namespace.
 */
export type Peer =
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  | { readonly kind: 'unix'; readonly pid: number; readonly uid: number; readonly gid: number };
