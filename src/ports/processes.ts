// Programs started beside ours that must outlive us: a control plane that dies takes no broker with it.

export interface ProcessEnd {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export interface StartedProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
}

export interface Processes {
  /**
   * Starts a program in a process group of its own, with no stream to us that could break: what it prints is appended
   * to the file `output`.
   * @throws Fault when it cannot be started; `cause` is the operating system's error.
   */
  start(program: string, args: readonly string[], output: string): StartedProcess;
  /** Pids of running processes (zombies are not) started with `argument`, an argument that nobody else would have. */
  find(argument: string): readonly number[];
  /** Whether there was such a process to signal. */
  signal(pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGHUP"): boolean;
}
