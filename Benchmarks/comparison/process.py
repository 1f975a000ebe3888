"""A contender's process, seen from the driver."""

import os
import subprocess


class ContenderFailed(Exception):
    pass


class Process:
    """Starts a contender and speaks its line protocol; `cores` are the processors it may use."""

    def __init__(self, name, command, cores, folder, log):
        self.name = name
        self.log_path = log
        self.log = open(log, "w")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder,
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.ready = self._reply().split()
        if self.ready[:1] != ["ready"]:
            raise ContenderFailed(f"{name}: said {self.ready} instead of \"ready\"; see {log}")

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ContenderFailed(f"{self.name}: ended; see {self.log_path}") from None
        reply = self._reply()
        if reply.startswith("error"):
            raise ContenderFailed(f"{self.name}: {reply}")
        return reply

    def _reply(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.log.flush()
            with open(self.log_path) as file:
                reason = file.read().strip().splitlines()[-1:] or ["no message"]
            raise ContenderFailed(f"{self.name}: ended with status {self.process.returncode}: {reason[0]}")
        return line.strip()

    def close(self):
        if self.process.poll() is None:
            try:
                self.process.stdin.write("quit\n")
                self.process.stdin.flush()
                self.process.wait(timeout=20)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        self.log.close()
