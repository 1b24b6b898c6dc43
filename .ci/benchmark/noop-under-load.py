#!/usr/bin/env python3
"""How long a NOOP takes while passwords are checked and bodies are searched.

Eight clients log in, each time as a user whose password the server has not seen since it started, and four search the
bodies of a mailbox; meanwhile one client sends NOOPs, one after the other. Start the server anew before each run.

usage: noop-under-load.py PORT USERS [MAILBOX]     users user1..userN with the password "pass"; user1 owns the mailbox
"""
import multiprocessing
import sys
import time

from imap import Client

PORT, USERS = int(sys.argv[1]), int(sys.argv[2])
MAILBOX = sys.argv[3] if len(sys.argv) > 3 else "big20000"
LOGIN_CLIENTS, SEARCH_CLIENTS = 8, 4


def log_in(first, done, count):
    """Users first, first + 8, ...: none of them twice."""
    for number in range(first, USERS + 1, LOGIN_CLIENTS):
        Client(PORT).log_in(number)
        with count.get_lock():
            count.value += 1
    done.release()


def search(number, started, count):
    client = Client(PORT)
    client.log_in(1)
    client.command(f"EXAMINE {MAILBOX}")
    started.release()
    while True:
        client.command(f"UID SEARCH BODY nowhere{number}{count.value}")
        with count.get_lock():
            count.value += 1


def main():
    noop = Client(PORT)
    noop.log_in(1)
    noop.command("SELECT INBOX")
    for _ in range(2000):  # the compiler's share
        noop.command("NOOP")
    started, done = multiprocessing.Semaphore(0), multiprocessing.Semaphore(0)
    log_ins, searches = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
    workers = [multiprocessing.Process(target=search, args=(i, started, searches), daemon=True) for i in range(SEARCH_CLIENTS)]
    for worker in workers:
        worker.start()
    for _ in range(SEARCH_CLIENTS):
        started.acquire()
    for i in range(LOGIN_CLIENTS):
        workers.append(multiprocessing.Process(target=log_in, args=(2 + i, done, log_ins), daemon=True))
        workers[-1].start()
    took, running, began = [], LOGIN_CLIENTS, time.monotonic()
    while running:
        start = time.perf_counter()
        noop.command("NOOP")
        took.append(time.perf_counter() - start)
        running -= done.acquire(block=False)
    seconds = time.monotonic() - began
    for worker in workers:
        worker.terminate()
    took.sort()
    share = lambda part: 1000 * took[min(len(took) - 1, int(part * len(took)))]
    print(f"{len(took)} NOOPs in {seconds:.1f} s: p50 {share(0.5):.2f} ms, p99 {share(0.99):.2f} ms, longest {share(1):.2f} ms")
    print(f"meanwhile {log_ins.value} log-ins with passwords not seen before, {searches.value} searches of {MAILBOX}")


main()
