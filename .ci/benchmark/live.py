#!/usr/bin/env python3
"""How fast a change reaches others, how fast a client comes back, and what a session costs that waits.

usage: live.py fill PORT N             fills the mailbox "many" of user1 with N messages
       live.py push PORT_A PORT_B [N]  N flag changes and N appends on one server, seen by an IDLE on the other
       live.py resync PORT             QRESYNC SELECT of "many", unchanged and with 100 changes
       live.py select PORT             SELECT of "many", first and then warm; start the server anew before
       live.py fanout PORT PID         5,000 idle sessions, an APPEND to each of 1,000 of them within ten seconds
       live.py slow-reader PORT [N]    N flag changes, seen by 100 IDLEs beside one whose client has stopped reading
       live.py idle PORT PID KIND [N]  memory of N sessions in IDLE; KIND: plain, tls, deflate (under TLS), and notify,
                                       without IDLE, but told by NOTIFY of the 100 mailboxes that each user is given
       live.py scrape PORT HTTP [N]    how long Prometheus waits for /metrics while N sessions are in IDLE
       live.py balanced PORT N PID...  memory of N TLS sessions in IDLE behind a balancer, on all these servers together
       live.py drain PORT PID BALANCER [N]  SIGTERM for a server with N sessions in IDLE, which come back by the balancer
       live.py reconnect PORT [N]      N clients that come within five seconds, and NOOP of 20 others meanwhile

Users are user1 to user200 with the password "pass". PORT is the listener for plain IMAP; for tls and deflate the one for
TLS. PID is the server's process; for `idle` start it anew with HEDDLE_JAVA_OPTIONS="-Xms1g -Xmx1g -XX:+AlwaysPreTouch",
so that what the process grows by is not heap.

Behind a balancer: `HEDDLE_PROXY_NETWORKS=127.0.0.0/8 HEDDLE_SHUTDOWN_SPREAD=30s HEDDLE_SHUTDOWN_GRACE=60s
.ci/benchmark/servers DATA 3`, and HAProxy before them by the program heddle.server.balancer.Haproxy of the server's tests;
to the server of `drain` this program speaks for itself, with a PROXY header.
"""
import multiprocessing
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from imap import Client

MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: benchmark\r\n\r\n" + b"x" * 400 + b"\r\n"
USERS = 200
MAILBOXES = 100
MESSAGE_EVENTS = "(MessageNew MessageExpunge FlagChange)"


def user(number, port, tls=False):
    client = Client(port, tls)
    client.log_in(number)
    return client


def report(what, seconds):
    seconds.sort()
    share = lambda part: 1000 * seconds[min(len(seconds) - 1, int(part * len(seconds)))]
    print(f"{what}: p50 {share(0.5):.2f} ms, p99 {share(0.99):.2f} ms, longest {share(1):.2f} ms ({len(seconds)} times)")


def exists(lines):
    return next(int(line.split()[1]) for line in lines if line.endswith("EXISTS\r"))


def fill(port, count):
    client = user(1, port)
    for mailbox in ("seed", "many"):
        client.send(f"a CREATE {mailbox}\r\n".encode())
        client.line()
    client.command("SELECT seed")
    for _ in range(100):
        client.append("seed", MESSAGE)
    client.command("NOOP")
    while (there := exists(client.command("SELECT seed"))) < min(count, 20_000):
        client.command(f"COPY 1:{min(there, min(count, 20_000) - there)} seed")
    done = 0
    while done < count:
        part = min(count - done, 20_000)
        client.command(f"COPY 1:{part} many")
        done += part
    print(f"{done} messages copied to many")


def push(port_a, port_b, count):
    for what in ("flag change", "append"):
        idle, other = user(2, port_b), user(2, port_a)
        if what == "flag change":
            other.append("INBOX", MESSAGE)
        idle.command("SELECT INBOX")
        other.command("SELECT INBOX")
        idle.send(b"i IDLE\r\n")
        idle.line()
        took = []
        for i in range(count):
            time.sleep(random.uniform(0.002, 0.02))
            start = time.perf_counter()
            if what == "append":
                other.append("INBOX", MESSAGE)
                wanted = b"EXISTS"
            else:
                sign = b"+" if i % 2 == 0 else b"-"
                other.send(b"a STORE 1 " + sign + b"FLAGS.SILENT (\\Flagged)\r\n")
                wanted = b"FETCH"
            while wanted not in idle.line():
                pass
            took.append(time.perf_counter() - start)
            while what == "flag change" and not other.line().startswith(b"a "):
                pass
        report(f"{what} sent on one server, seen on another", took[count // 10 :])


def codes(lines):
    text = " ".join(lines)
    return [int(re.search(name + r" (\d+)", text).group(1)) for name in ("UIDVALIDITY", "HIGHESTMODSEQ")]


def resync(port):
    client, other = user(1, port), user(1, port)
    client.command("ENABLE QRESYNC")
    validity, known = codes(client.command("SELECT many"))
    other.command("SELECT many")
    for changes in (0, 100):
        took = []
        for run in range(60):
            client.command("SELECT INBOX")
            validity, known = codes(client.command("SELECT many"))
            client.command("SELECT INBOX")
            for i in range(changes):
                uid = random.randint(1, 90_000)
                other.command(f"UID STORE {uid} {'+' if run % 2 else '-'}FLAGS.SILENT (k{i % 7})")
            start = time.perf_counter()
            lines = client.command(f"SELECT many (QRESYNC ({validity} {known}))")
            took.append(time.perf_counter() - start)
            told = sum(" FETCH " in line for line in lines)
        report(f"QRESYNC SELECT after {changes} changes ({told} told)", took[10:])


def select_many(port):
    client = user(1, port)
    client.command("SELECT INBOX")
    start = time.perf_counter()
    lines = client.command("SELECT many")
    print(f"SELECT, cold: {1000 * (time.perf_counter() - start):.1f} ms for {exists(lines)} messages")
    took = []
    for _ in range(220):
        client.command("SELECT INBOX")
        start = time.perf_counter()
        client.command("SELECT many")
        took.append(time.perf_counter() - start)
    report("SELECT, warm", took[20:])


def cpu(pids):
    ticks = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except FileNotFoundError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def fanout(port, pid):
    idle = []
    for i in range(5_000):
        client = user(1 + i % USERS, port)
        client.command("SELECT INBOX")
        client.send(b"i IDLE\r\n")
        client.line()
        idle.append(client)
    poll = select.epoll()
    by_fd = {}
    for client in idle:
        poll.register(client.socket, select.EPOLLIN)
        by_fd[client.socket.fileno()] = client
    # 40 mailboxes of 25 sessions each: 1,000 sessions are told.
    writers = [user(1 + n, port) for n in range(40)]
    time.sleep(3)
    before, began, told, took = cpu([pid]), time.perf_counter(), set(), []
    for n, writer in enumerate(writers):
        while time.perf_counter() < began + 10 * n / len(writers):
            told |= heard(poll, by_fd, 0.005)
        sent = time.perf_counter()
        writer.append("INBOX", MESSAGE)
        while sum(fd in told for fd in (idle[k].socket.fileno() for k in range(n, 5_000, USERS))) < 25:
            told |= heard(poll, by_fd, 1)
            if time.perf_counter() > sent + 10:
                sys.exit("somebody was not told")
        took.append(time.perf_counter() - sent)
    spent = cpu([pid]) - before
    print(f"{len(told)} of 1,000 sessions told within {time.perf_counter() - began:.1f} s; "
          f"server CPU {1000 * spent / len(told):.2f} ms per push, the appends included")
    report("APPEND sent, all 25 sessions of the mailbox told", took)


def heard(poll, by_fd, wait):
    told = set()
    for fd, _ in poll.poll(wait):
        if b"EXISTS" in by_fd[fd].socket.recv(1 << 16):
            told.add(fd)
    return told


def slow_reader(port, count):
    writer = user(3, port)
    for _ in range(100):
        writer.append("INBOX", MESSAGE)
    while (there := exists(writer.command("SELECT INBOX"))) < 5_000:
        writer.command(f"COPY 1:{min(there, 5_000 - there)} INBOX")

    def idler():
        client = user(3, port)
        client.command("SELECT INBOX")
        client.send(b"i IDLE\r\n")
        client.line()
        return client

    slow = idler()
    for i in range(60):  # 5,000 lines each: more than the sockets between hold
        writer.command(f"STORE 1:* {'-' if i % 2 else '+'}FLAGS.SILENT (\\Answered)")
    others = [idler() for _ in range(100)]
    poll, took = select.epoll(), []
    for client in others:
        poll.register(client.socket, select.EPOLLIN)
    by_fd = {client.socket.fileno(): client for client in others}
    for i in range(count):
        time.sleep(random.uniform(0.002, 0.02))
        start = time.perf_counter()
        writer.send(f"a STORE 1 {'-' if i % 2 else '+'}FLAGS.SILENT (\\Flagged)\r\n".encode())
        waiting = set(by_fd)
        while waiting:
            for fd, _ in poll.poll(10) or sys.exit("somebody was not told"):
                if b"FETCH" in by_fd[fd].socket.recv(1 << 16):
                    waiting.discard(fd)
                    took.append(time.perf_counter() - start)
        while not writer.line().startswith(b"a "):
            pass
    slow.socket.close()
    report("flag change, seen by each of 100 beside one that does not read", took[len(took) // 10 :])


def used(pid):
    """Heap in use after two collections, and all memory of the process, in KiB."""
    for _ in range(2):
        subprocess.run(["jcmd", str(pid), "GC.run"], check=True, stdout=subprocess.DEVNULL)
    info = subprocess.run(["jcmd", str(pid), "GC.heap_info"], check=True, capture_output=True, text=True).stdout
    rollup = open(f"/proc/{pid}/smaps_rollup").read()
    return sum(int(used) for used in re.findall(r"total \d+K, used (\d+)K", info)), int(re.search(r"Pss: +(\d+)", rollup).group(1))


def give_mailboxes(port):
    for number in range(1, USERS + 1):
        client = user(number, port)
        for i in range(MAILBOXES):
            client.send(f"a CREATE told/{i}\r\n".encode())  # or they are there from the last time
            client.line()


def idle(port, pid, kind, count):
    def session(number):
        client = user(1 + number % USERS, port, kind in ("tls", "deflate"))
        if kind == "deflate":
            client.compress()
        client.command("SELECT INBOX")
        for _ in range(5):
            client.command("UID FETCH 1:* (FLAGS ENVELOPE)")
        client.command("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)")
        if kind == "notify":
            client.command(f"NOTIFY SET (selected {MESSAGE_EVENTS}) (personal {MESSAGE_EVENTS})")
        else:
            client.send(b"i IDLE\r\n")
            client.line()
        return client

    if kind == "notify":
        give_mailboxes(port)

    sessions = [session(i) for i in range(500)]  # what is there once for all of them
    time.sleep(2)
    heap, process = used(pid)
    sessions += [session(i) for i in range(count)]
    time.sleep(2)
    heap_after, process_after = used(pid)
    on_heap, off_heap = (heap_after - heap) / count, (process_after - process) / count
    print(f"{kind}: {on_heap + off_heap:.1f} KiB each: {on_heap:.1f} of heap, {off_heap:.1f} outside ({count} sessions)")


def scrape(port, http, count):
    sessions = []
    for i in range(count):
        client = user(1 + i % USERS, port)
        client.command("SELECT INBOX")
        client.send(b"i IDLE\r\n")
        client.line()
        sessions.append(client)
    took = []
    for _ in range(120):  # the first twenty are the compiler's share
        began = time.perf_counter()
        size = len(urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics").read())
        took.append(time.perf_counter() - began)
        time.sleep(0.1)
    report(f"scrape of {size >> 10} KiB with {len(sessions)} sessions", took[20:])


def waiting(number, port, tls=False, header=b""):
    client = Client(port, tls, header)
    client.log_in(1 + number % USERS)
    client.command("SELECT INBOX")
    client.send(b"i IDLE\r\n")
    client.line()
    return client


def balanced(port, count, *pids):
    sessions = [waiting(i, port, True) for i in range(500)]  # what is there once for all of them
    time.sleep(2)
    before = [used(pid) for pid in pids]
    sessions += [waiting(i, port, True) for i in range(count)]
    time.sleep(2)
    after = [used(pid) for pid in pids]
    on_heap, process = (sum(new[i] - old[i] for old, new in zip(before, after)) / count for i in (0, 1))
    print(f"{len(sessions)} sessions on {len(pids)} servers: {on_heap + process:.1f} KiB each: "
          f"{on_heap:.1f} of heap, {process:.1f} outside")


def drain(port, pid, balancer, count):
    poll = select.epoll()
    at = {}

    def watch(client, number, times):
        at[client.socket.fileno()] = (client, number, times)
        poll.register(client.socket, select.EPOLLIN)

    for number in range(count):
        watch(waiting(number, port, header=b"PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n"), number, 0)
    os.kill(pid, signal.SIGTERM)
    began, byes, came, to_come = time.monotonic(), [], [0] * count, []
    while min(came) == 0 and time.monotonic() < began + 120:
        for fd, _ in poll.poll(0 if to_come else 1):  # all that is there, so that coming back delays no time stamp
            client, number, times = at.pop(fd)
            poll.unregister(fd)
            said = client.socket.recv(1 << 16)
            if not said.startswith(b"* BYE"):
                sys.exit(f"a client was told {said}")
            byes.append(time.monotonic() - began)
            client.socket.close()
            to_come.append((number, times + 1))
        if to_come:
            number, times = to_come.pop(0)
            watch(waiting(number, balancer), number, times)
            came[number] += 1
    seconds = int(byes[-1] - byes[0]) + 1
    rate = [sum(int(bye - byes[0]) == second for bye in byes) for second in range(seconds)]
    print(f"{len(byes)} times BYE over {byes[-1] - byes[0]:.1f} s; per second {min(rate)} to {max(rate)}, "
          f"mean {len(byes) / seconds:.0f}; each client came back {min(came)} to {max(came)} times")


def come(port, first, count, begin, done):
    """Every client connects when it is time, whether those before it are served yet or not."""
    poll, answers, idle = select.epoll(), {}, 0
    begin.wait()
    start = time.monotonic()
    while idle < count:
        came = len(answers)
        due = min(count, int(count * (time.monotonic() - start) / 5))
        for number in range(first + came, first + due):
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(f"a LOGIN user{1 + number % USERS} pass\r\nb SELECT INBOX\r\nc IDLE\r\n".encode())
            answers[client.fileno()] = (client, bytearray())
            poll.register(client, select.EPOLLIN)
        for fd, _ in poll.poll(0.002):
            client, answer = answers[fd]
            answer += client.recv(1 << 16) or sys.exit(f"closed after {answer}")
            if b"\r\n+ " in answer:
                poll.unregister(fd)
                idle += 1
    done.put(time.monotonic() - start)
    time.sleep(1)


def reconnect(port, count):
    workers, begin, done = 4, multiprocessing.Event(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=come, args=(port, i * count // workers, count // workers, begin, done))
                 for i in range(workers)]
    for process in processes:
        process.start()
    others = [user(1 + i, port) for i in range(20)]
    took = []
    begin.set()
    while done.qsize() < workers:
        for other in others:
            start = time.perf_counter()
            other.command("NOOP")
            took.append(time.perf_counter() - start)
    longest = max(done.get() for _ in range(workers))
    report(f"NOOP while {count} clients connected within 5 s, the last of which was in IDLE after {longest:.1f} s", took)
    for process in processes:
        process.join()


def main():
    what, numbers = sys.argv[1], [int(a) if a.isdigit() else a for a in sys.argv[2:]]
    match what:
        case "fill": fill(*numbers)
        case "push": push(*numbers[:2], numbers[2] if len(numbers) > 2 else 1000)
        case "resync": resync(*numbers)
        case "select": select_many(*numbers)
        case "fanout": fanout(*numbers)
        case "slow-reader": slow_reader(numbers[0], numbers[1] if len(numbers) > 1 else 500)
        case "idle": idle(*numbers[:3], numbers[3] if len(numbers) > 3 else 3000)
        case "scrape": scrape(*numbers[:2], numbers[2] if len(numbers) > 2 else 10_000)
        case "balanced": balanced(*numbers)
        case "drain": drain(*numbers[:3], numbers[3] if len(numbers) > 3 else 5000)
        case "reconnect": reconnect(numbers[0], numbers[1] if len(numbers) > 1 else 5000)
        case _: sys.exit(__doc__)


if len(sys.argv) < 3:
    sys.exit(__doc__)
main()
