import { readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** In `/proc/<pid>/stat`, counted behind the command's name in brackets, which may hold spaces (proc(5)). */
const UTIME = 11;
const STIME = 12;

/** CPU seconds that all threads of the process have used, in user and kernel mode. Exact to 0.01 s. */
export function cpuSecondsOf(pid: number): number {
  return readCpuSeconds(`/proc/${String(pid)}/stat`);
}

/** CPU seconds of the thread that runs the event loop. */
export function mainThreadCpuSecondsOf(pid: number): number {
  return readCpuSeconds(`/proc/${String(pid)}/task/${String(pid)}/stat`);
}

/** Resident memory in bytes. */
export function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error(`process ${String(pid)} has no resident memory: it has ended`);
  return Number(match[1]) * 1024;
}

function readCpuSeconds(path: string): number {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}
