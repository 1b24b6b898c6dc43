# mutt with QRESYNC and its header cache: what was changed through the other server is seen when a mailbox is opened again.
import imaplib
import os
import pathlib
import pty
import shutil
import signal
import sys

HOST = "127.0.0.1"
ONE, TWO = os.environ["CHECK_IMAP"], os.environ["CHECK_IMAP2"]
USER, PASSWORD = os.environ["CHECK_USER"], os.environ["CHECK_PASSWORD"]
WORK = pathlib.Path(os.environ["CHECK_WORK"])

RC = f"""
set folder=imap://{USER}@{HOST}:{ONE} spoolfile=imap://{USER}@{HOST}:{ONE}/INBOX
set imap_pass="{PASSWORD}" imap_authenticators=login ssl_starttls=no ssl_force_tls=no
set imap_condstore=yes imap_qresync=yes header_cache={WORK}/cache
set quit=yes delete=yes wait_key=no pipe_decode=yes pipe_split=no sleep_time=0 sort=mailbox-order beep=no
ignore *
unignore subject
"""


def mutt(*commands):
    """Opens INBOX, gives these commands, and leaves. What it said to the server is in the result."""
    pushed = "".join(commands) + "<quit>"
    (WORK / "rc").write_text(RC + f"push '{pushed}'\n")
    for old in WORK.glob(".muttdebug*"):
        old.unlink()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(WORK), TERM="vt100", LINES="24", COLUMNS="80")
        os.execvp("mutt", ["mutt", "-d", "3", "-n", "-F", str(WORK / "rc")])
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(60)
    screen = b""
    try:
        while octets := os.read(terminal, 4096):
            screen += octets
    except OSError:
        pass  # how a terminal ends
    signal.alarm(0)
    status = os.waitpid(pid, 0)[1]
    if status != 0:
        sys.exit(f"mutt ended with {status}: {screen[-2000:]!r}")
    return "".join(path.read_text(errors="replace") for path in WORK.glob(".muttdebug*"))


def listed(pattern):
    """Commands that write the subjects of all messages that match; and where to find them."""
    out = WORK / "listed"
    return (f"<tag-pattern>{pattern}<enter><tag-prefix-cond><pipe-message>grep Subject: >>{out}<enter>"
            "<end-cond><untag-pattern>~A<enter>")


def subjects():
    out = WORK / "listed"
    found = [line.split(" ", 1)[1].strip() for line in out.read_text().splitlines()] if out.exists() else []
    out.unlink(missing_ok=True)
    return found


def connect(port):
    connection = imaplib.IMAP4(HOST, int(port))
    connection.login(USER, PASSWORD)
    return connection


def is_so(claim, what):
    if not claim:
        sys.exit(f"wrong: {what}")


if shutil.which("mutt") is None:
    pathlib.Path(os.environ["WHY"]).write_text("mutt is not installed\n")
    sys.exit(int(os.environ["SKIPPED"]))
(WORK / "cache").mkdir()

other = connect(TWO)
for number in range(1, 6):
    other.append("INBOX", None, None, f"From: a@example.org\r\nSubject: {number}\r\n\r\n{number}\r\n".encode())
mutt(listed("~A"))
found = subjects()
is_so(found == ["1", "2", "3", "4", "5"], f"mutt saw {found}")
print("opened for the first time: 5 messages")

other.select("INBOX")
other.uid("STORE", "3", "+FLAGS", r"(\Flagged)")
other.uid("STORE", "2,4", "+FLAGS", r"(\Deleted)")
other.expunge()
other.append("INBOX", None, None, b"From: a@example.org\r\nSubject: 6\r\n\r\n6\r\n")
said = mutt(listed("~A"))
found = subjects()
is_so(found == ["1", "3", "5", "6"], f"after changes on the other server mutt saw {found}")
is_so(" VANISHED)" in said, "mutt did not ask for what has vanished")
is_so("VANISHED (EARLIER) 2,4" in said, "mutt was not told what is gone")
mutt(listed("~F"))
found = subjects()
is_so(found == ["3"], f"flagged are {found}")
print("opened again with QRESYNC: two gone, one flagged and one new, all changed through the other server")

mutt("<first-entry><flag-message><last-entry><delete-message>")
other.noop()
flagged = other.uid("SEARCH", "FLAGGED")[1]
everything = other.uid("SEARCH", "ALL")[1]
is_so((flagged, everything) == ([b"1 3"], [b"1 3 5"]), f"flagged are {flagged} of {everything}")
said = mutt(listed("~A"))
found = subjects()
is_so(found == ["1", "3", "5"], f"after its own changes mutt saw {found}")
print("flagged one and deleted one: the other server shows it, and so does mutt when it opens the mailbox once more")
other.logout()
